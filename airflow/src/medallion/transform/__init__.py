"""dbt, run in this process: manifests made once a shape, layers built from them, results to the ledger."""

from medallion.transform.build import BuildRequest, build_nodes
from medallion.transform.manifest import load_slim, manifest_key, prepare, slim_path
from medallion.transform.operation import run_operation
from medallion.transform.runner import let_go

__all__ = [
    "BuildRequest",
    "build_nodes",
    "let_go",
    "load_slim",
    "manifest_key",
    "prepare",
    "run_operation",
    "slim_path",
]
