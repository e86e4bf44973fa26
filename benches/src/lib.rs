//! Nothing here but the benches: `cargo bench -p pontoon-benches`.
