//! What the lab and CLI tests share.
