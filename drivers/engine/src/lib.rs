//! Obeying a run: the loop, the journal, stores, leases and sealing.
