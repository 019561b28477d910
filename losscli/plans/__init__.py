"""Plans: one frozen dataclass for each command, whose fields declare its flags."""
