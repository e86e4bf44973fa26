//! Questions about services.
