"""State from sparse measurements: scalar filters per place, and spreading to places nobody measured."""
