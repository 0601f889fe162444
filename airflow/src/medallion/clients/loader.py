"""Reads ``configs/``: every client, source and destination, and every problem of every file at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medallion.clients.catalog import Catalog, Origin
from medallion.clients.check import checked
from medallion.clients.contracts import SourceContract
from medallion.clients.declared import DeclaredRule, read_built, read_declared
from medallion.clients.destinations import Destination
from medallion.clients.document import Document, read_document
from medallion.clients.for_each import KEY, Member, members
from medallion.clients.inherited import Inherited
from medallion.clients.known import Known
from medallion.clients.model import BusinessRules, Client
from medallion.clients.problem import Flaw, Problem, dotted, listed, shown
from medallion.clients.reading import Reading, named
from medallion.exceptions import ConfigError
from medallion.settings import DEFAULT_PLATFORM, load_settings
from medallion.warehouses import WAREHOUSES


def load_catalog(
    configs: Path, client_files: Sequence[Path] | None = None, *, target: str | None = None
) -> Catalog:
    """Read a ``configs/`` folder; rules that thresholds name are those of the ``dbt/`` folder beside it.

    Args:
        configs: the folder that holds ``clients/``, ``sources/``, ``defaults.yml`` and ``destinations.yml``.
        client_files: read these client files in place of all those in ``clients/``.
        target: the dbt target that the clients run on; None for this installation's.

    Returns:
        What is good, and every problem of what is not; never raises for what a file holds.
    """
    reading = Reading(configs.parent)
    sources = _sources(reading, configs / "sources")
    destinations = _destinations(reading, configs / "destinations.yml")
    rules = read_declared(configs.parent / "dbt").rules
    known = Known(sources, destinations, rules or None, one_writer(target or load_settings().target))
    defaults = _defaults(reading, configs / "defaults.yml", known)
    files = reading.listed(configs / "clients") if client_files is None else client_files
    clients = _Clients(reading, known, rules, read_built(configs.parent / "dbt"), defaults)
    clients.read(files)
    return Catalog(
        clients=clients.good,
        sources={name: contract for name, contract in sources.items() if contract},
        destinations={name: place for name, place in destinations.items() if place},
        problems=tuple(sorted(reading.problems)),
        notes=tuple(sorted(reading.notes)),
        broken=clients.broken,
        platforms=clients.platforms,
        origins=clients.origins,
        defaults=defaults.document.data or {},
        rules=rules,
    )


def client_from_dict(
    client_id: str, config: Mapping[str, Any], defaults: Mapping[str, Any] | None = None
) -> Client:
    """Make a client from a plain dict of the YAML's shape; nothing is read from disk.

    Args:
        client_id: the client's id.
        config: its keys; durations may be timedeltas.
        defaults: keys it inherits, as in ``defaults.yml``; None for the built-in ones.

    Returns:
        The client; whether its sources and destination exist is not checked here.

    Raises:
        ConfigError: something is wrong; the text lists every problem.
    """
    if not isinstance(config, Mapping):
        raise ConfigError(f"client {shown(client_id)}: must be a map of keys, is {shown(config)}")
    own, renamed = named("id", client_id, config)
    client, flaws = checked(Client, {**(defaults or {}), **own})
    if client is None or renamed:
        found = [f"{dotted(flaw.loc)}: {flaw.message}" for flaw in [*renamed, *flaws]]
        raise ConfigError("\n".join(f"client {shown(client_id)}: {text}" for text in found))
    return client


def _sources(reading: Reading, folder: Path) -> dict[str, SourceContract | None]:
    """Read every contract; a broken one is None, so that its users are told about it."""
    found: dict[str, SourceContract | None] = {}
    for path, rival in reading.claims(reading.listed(folder)).items():
        document = read_document(path)
        own, flaws = named("name", path.stem, document.data or {})
        contract, wrong = checked(SourceContract, own) if document.data is not None else (None, [])
        problems = reading.report(path, document, [*rival, *flaws, *wrong])
        found[path.stem] = None if problems else contract
    return found


def _destinations(reading: Reading, path: Path) -> dict[str, Destination | None]:
    """Read every destination; a broken one is None, so that its users are told about it."""
    document = read_document(path)
    entries = {name: _destination(name, entry) for name, entry in (document.data or {}).items()}
    flaws = [flaw for _, wrong in entries.values() for flaw in wrong]
    reading.report(path, document, flaws)
    broken = {flaw.loc[0] for flaw in (*document.flaws, *flaws) if flaw.loc}
    return {name: None if name in broken else place for name, (place, _) in entries.items()}


def _destination(name: str, entry: Any) -> tuple[Destination | None, list[Flaw]]:
    """Check one entry; a flaw of its name stands at its key."""
    if not isinstance(entry, Mapping):
        return None, [Flaw((name,), f"must be a map of keys, is {shown(entry)}")]
    own, renamed = named("name", name, entry)
    place, wrong = checked(Destination, own)
    implied = () if "name" in entry else ("name",)
    return place, [
        Flaw((name,) if flaw.loc == implied else (name, *flaw.loc), flaw.message)
        for flaw in (*renamed, *wrong)
    ]


@dataclass(frozen=True)
class _Defaults:
    """What clients inherit, and what is wrong with it."""

    path: Path
    document: Document
    problems: tuple[Problem, ...]


def one_writer(target: str) -> str | None:
    """Return the target if writers cannot meet there; one that does not exist is refused elsewhere."""
    warehouse = WAREHOUSES.get(target)
    return target if warehouse and not warehouse.concurrent_writers else None


def _defaults(reading: Reading, path: Path, known: Known) -> _Defaults:
    """Read what clients inherit; a missing file leaves the built-in values."""
    document = read_document(path) if path.exists() else Document({})
    _, wrong = checked(Inherited, document.data, known) if document.data is not None else (None, [])
    problems = reading.report(path, document, wrong)
    return _Defaults(reading.shown(path), document, tuple(problems))


class _Clients:
    """The clients of one reading: good ones, broken ones, and where the good ones' values came from."""

    def __init__(
        self,
        reading: Reading,
        known: Known,
        rules: Mapping[str, DeclaredRule],
        built: Collection[str] | None,
        defaults: _Defaults,
    ) -> None:
        self.reading = reading
        self.known = known
        self.rules = rules
        self.built = built
        self.defaults = defaults
        self.good: dict[str, Client] = {}
        self.broken: dict[str, tuple[Problem, ...]] = {}
        self.platforms: dict[str, str] = {}
        self.origins: dict[str, dict[str, Origin]] = {}

    def read(self, files: Sequence[Path]) -> None:
        """Read each file by itself: what is wrong with one says nothing about another."""
        claimed = self.reading.claims(files)
        taken = {path.stem for path in claimed}
        for path, rival in claimed.items():
            document = read_document(path)
            clients, wrong = self._clients(path, document, taken)
            problems = self.reading.report(path, document, [*rival, *wrong])
            # With broken defaults no client may run: what it would inherit is a guess.
            problems += self.defaults.problems
            if problems:
                self.broken[path.stem] = (*self.broken.get(path.stem, ()), *problems)
                self._note_platform(path.stem, document)
            for client in () if problems else clients:
                self._keep(client, path, document)
            if clients and not problems:
                self.reading.note(path, document, _notes(clients[0], document))

    def _clients(self, path: Path, document: Document, taken: set[str]) -> tuple[list[Client], list[Flaw]]:
        """Make the file's client, or with ``for_each`` its clients; a flaw that all have is told once."""
        if document.data is None:
            return [], []
        own, renamed = named("id", path.stem, document.data)
        made, flaws = [Member(path.stem, {})], list(renamed)
        if KEY in own:
            made, wrong = members(path.stem, own.pop(KEY))
            flaws += [*wrong, *_taken(made, taken | self.good.keys())]
        clients = []
        for member in made:
            client, wrong = self._client(own, member)
            clients += [client] if client else []
            flaws += [*wrong, *(unfit(client, self.rules, self.built) if client else [])]
        return clients, list({(flaw.loc, flaw.message): flaw for flaw in flaws}.values())

    def _client(self, own: Mapping[str, Any], member: Member) -> tuple[Client | None, list[Flaw]]:
        # Flawed defaults would repeat their flaws on every client: check those with the built-in values.
        inherited = {} if self.defaults.problems else self.defaults.document.data or {}
        data = {**inherited, **own, "id": member.id}
        if member.values and isinstance(own.get("values", {}), Mapping):
            data["values"] = {**own.get("values", {}), **member.values}
        return checked(Client, data, self.known)

    def _note_platform(self, stem: str, document: Document) -> None:
        said = {**(self.defaults.document.data or {}), **(document.data or {})}.get(
            "platform", DEFAULT_PLATFORM
        )
        if document.data is not None and isinstance(said, str):
            self.platforms[stem] = said

    def _keep(self, client: Client, path: Path, document: Document) -> None:
        self.good[client.id] = client
        self.origins[client.id] = {key: self._origin(key, path, document) for key in _keys(client)}

    def _origin(self, key: str, path: Path, document: Document) -> Origin:
        loc = tuple(key.split("."))
        if key == "id":
            return Origin("client", str(self.reading.shown(path)))
        if key == "values" and (KEY,) in document.lines:
            loc = (KEY,)
        if loc in document.lines:
            return Origin("client", f"{self.reading.shown(path)}:{document.lines[loc]}")
        if loc in self.defaults.document.lines:
            return Origin("defaults", f"{self.defaults.path}:{self.defaults.document.lines[loc]}")
        return Origin("built in", "")


def _taken(made: Sequence[Member], taken: set[str]) -> list[Flaw]:
    """Say which of a file's clients another file makes as well."""
    text = "makes the client {}, which another file makes as well; keep one of them"
    return [Flaw((KEY,), text.format(member.id)) for member in made if member.id in taken]


def unfit(client: Client, rules: Mapping[str, DeclaredRule], built: Collection[str] | None) -> list[Flaw]:
    """Say what the dbt project lacks for a client: models of a source, or a rule that is measured.

    Args:
        client: a client that is right by itself.
        rules: the project's rules by name.
        built: the sources that it has models of; None leaves them unchecked.
    """
    text = "{} has no models in the dbt project; those that have are {}"
    refs = enumerate(client.data_sources if built is not None else ())
    unbuilt = [
        Flaw(("data_sources", index), text.format(ref.name, listed(sorted(built or ()))))
        for index, ref in refs
        if ref.name not in (built or ())
    ]
    return [*_unmeasured(client, rules), *unbuilt]


def _unmeasured(client: Client, rules: Mapping[str, DeclaredRule]) -> list[Flaw]:
    """Say which thresholds would never be held against anything, and why."""
    place = ("business_rules", "quality_threshold", "rules")
    named = [name for name in client.business_rules.quality_threshold.rules if name in rules]
    told = {name: rules[name].lacking(client) for name in named}
    return [Flaw((*place, name), reason) for name, reason in told.items() if reason]


def _keys(client: Client) -> list[str]:
    """List a client's keys, those of its business rules one by one."""
    rules = [f"business_rules.{key}" for key in BusinessRules.model_fields]
    return [*(key for key in type(client).model_fields if key != "business_rules"), *rules]


def _notes(client: Client, document: Document) -> list[Flaw]:
    """Say what of a good client is not, or not literally, done as written."""
    notes = []
    kept = client.business_rules.data_retention_days
    if kept.gold > kept.silver:
        gold = ("business_rules", "data_retention_days", "gold")
        others = f"the other marts hold what silver holds, {kept.silver}"
        notes.append(Flaw(gold, f"{kept.gold} days, of tables with a _run_date alone: {others}"))
    running = [step.value for step in client.transformations]
    if (document.data or {}).get("transformations") != running:
        notes.append(Flaw(("transformations",), f"will run in this order: {', '.join(running)}"))
    return notes
