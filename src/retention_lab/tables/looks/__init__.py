"""What a person should know of a file although no row was set aside for it: one look after another."""
