"""`make bench`: what building, checking and replaying cost here."""
