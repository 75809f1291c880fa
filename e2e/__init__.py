"""End to end: a real hub process, Debian's Chromium, and a line that is really cut."""
