"""The `sync` use case: what no sender tells, or may have told in vain, is read from them."""
