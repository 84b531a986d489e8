"""What every context stands on and no word of our domain: database, clock, chance, jobs, audit, mail, web."""
