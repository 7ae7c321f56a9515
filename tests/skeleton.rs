//! Skeleton.
#[test]
fn skeleton() {}
