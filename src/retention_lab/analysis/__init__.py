"""One question per module, on the tables of one client. The modules do not know each other."""
