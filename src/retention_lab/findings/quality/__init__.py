"""Whether the data are fit to decide on, in sentences. `headline` has them all."""
