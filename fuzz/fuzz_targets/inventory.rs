//! Any text as an inventory: a value that is written is read again as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pontoon_fleet::inventory::{HostField, Inventory, assign};

fuzz_target!(|text: &str| {
    let Ok(mut inventory) = Inventory::parse(text) else { return };
    let mut hosts = inventory.hosts().to_vec();
    assign(&mut hosts, HostField::User, "pi").expect("pi is a user");
    hosts.iter().for_each(|host| inventory.put(host));
    let again = Inventory::parse(&inventory.to_string()).expect("what was written can be read");
    assert_eq!(again.hosts(), inventory.hosts());
});
