"""What a brand writes: each kind of definition, how it is read and checked, alone and together."""
