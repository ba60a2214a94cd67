drop table ledger, commands, searches, places, equipment, items, characters, accounts, world;
