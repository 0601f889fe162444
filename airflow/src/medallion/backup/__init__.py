"""What an installation knows and has made, as one archive, and an installation from such an archive."""
