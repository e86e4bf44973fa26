//! Any text as an inventory of another program: the imported result is a valid inventory.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pontoon_fleet::inventory::Inventory;
use pontoon_fleet::inventory::import::{InventoryFormat, guess, import, merge};

fuzz_target!(|text: &str| {
    let _ = guess(text);
    for format in [
        InventoryFormat::Cms,
        InventoryFormat::AnsibleIni,
        InventoryFormat::AnsibleYaml,
        InventoryFormat::Ssh,
    ] {
        let Ok(imported) = import(text, format, None) else { continue };
        let mut inventory = Inventory::default();
        merge(&mut inventory, &imported.hosts, false);
        let again = Inventory::parse(&inventory.to_string()).expect("what was written can be read");
        assert_eq!(again.hosts(), inventory.hosts());
    }
});
