"""The soak: a seeded nemesis breaks a stack under load, alone and in pairs, and a ledger tells what was lost."""
