//! Alarms of what ends or goes missing without anybody doing anything, at a site where nothing else happens.

use std::path::Path;

use crate::check;
use crate::house::House;

const SITE: &str = r#"
[site]
id = "zaandam"
name = "Zaandam"
zone = "Europe/Amsterdam"
[[room]]
id = "room-a"
name = "Room A"
[[person]]
id = "anna"
name = "Anna"
[[person]]
id = "sanne"
name = "Sanne"
language = "nl"
[[channel]]
id = "mail"
kind = "email"
people = ["anna", "sanne"]"#;

#[tokio::test]
async fn a_certificate_that_nobody_renews() {
    for (days, rule) in [(336, "certificate-ends"), (366, "certificate-ended")] {
        let house = House::open(SITE).await;
        house.joins("zaandam/pi-a1").await;
        house.pass(days);
        // With which all are looked at.
        house.joins("zaandam/pi-b1").await;
        house.finds(rule).await;
        check(rule, &house.told_of(rule).await, rule, "first");
        house.close().await;
    }
}

#[tokio::test]
async fn a_key_that_is_gone() {
    let key = |folder: &Path| {
        format!(
            "key_file = {:?}\n",
            folder.join("plenum.key").display().to_string()
        )
    };
    let house = House::open_with(SITE, key).await;
    house.finds("key-missing").await;
    let told = house.told_of("key-missing").await;
    check("key-missing", &told, "key-missing", "first");
    house.close().await;
}
