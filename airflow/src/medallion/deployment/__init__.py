"""What a stack of several machines or containers needs beside the embedded runner; see docs/production.md."""
