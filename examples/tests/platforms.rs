//! The platforms of the examples are proven: no errors in any environment.

mod shipped;

use score_engine::resolver::check as prove;

#[track_caller]
fn check(platform: &str) {
    let (platform, warnings) = shipped::platform(platform);
    assert!(warnings.is_empty(), "{warnings}");
    let found = prove(&platform, &shipped::drivers().catalogue(), true).diagnostics;
    assert!(!found.has_errors(), "{found}");
}

#[test]
fn the_shop() {
    check("shop/platform");
}

#[test]
fn the_samples() {
    check("samples/platform");
}
