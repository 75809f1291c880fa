"""The sample zone as data (catalogue, aliases, accounts) and the spelling of its search keys."""
