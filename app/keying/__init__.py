"""How the key of a bank becomes evidence: independent judges rate every option, and their agreement is kept."""
