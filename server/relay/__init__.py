"""A point's relay: stores what tablets push, serves them while the line is cut, passes everything on."""
