//! Shared by the benches: `cargo bench -p pontoon-benches`.

use std::path::PathBuf;

/// The path of a program of the release build.
///
/// # Panics
///
/// When it has not been built.
#[must_use]
pub fn release(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    let release = own.ancestors().find(|folder| folder.ends_with("release"));
    let program = release.map(|folder| folder.join(name)).filter(|program| program.exists());
    assert!(program.is_some(), "build it first: cargo build --release");
    program.unwrap_or_default()
}

/// A lab with this number of hosts on a switch and on a WiFi with this isolation.
#[must_use]
pub fn home_of(hosts: u16, isolation: &str) -> String {
    let mut text = format!(
        "title = \"{hosts} hosts\"\nbase = \"home\"\ntruth = \"for the clock\"\n\n\
         [network.wifi]\nssid = \"Crowd\"\nisolation = \"{isolation}\"\n\n"
    );
    for host in 1..=hosts {
        text.push_str(&format!(
            "[host.pi{host}]\nresolver = [\"203.0.113.53\"]\n\
             links.wlan0 = {{ network = \"wifi\", address = \"172.20.5.{host}/16\", \
             gateway = \"172.20.0.1\" }}\n\
             links.eth0 = {{ network = \"switch\", address = \"192.168.50.{host}/24\" }}\n\n"
        ));
    }
    text
}
