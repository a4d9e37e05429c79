"""Where the figures come from: `make bench` counts, weighs and times the product, and writes docs/figures.md."""
