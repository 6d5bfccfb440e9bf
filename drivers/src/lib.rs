//! How the world is touched: the driver trait, layers, registry, and the drivers that need nothing.
