//! A drill of the alarm chain as whoever is called reads it, and that one broke off.

use crate::house::Says;
use crate::{SITE, calm_at, check, nothing};

#[tokio::test]
async fn a_drill_and_one_whose_agent_is_silent() {
    let site = format!("{SITE}\n[[drill]]\nid = \"monthly\"\nagent = \"pi-a1\"\n");
    let mut house = calm_at(&site).await;
    house.drill("monthly").await;
    house.says("monthly/drill", Says::Value(1.0));
    house.read_until(70, nothing).await;
    let told = house.told_of("drill").await;
    check("drill", &told, "drill", "first");
    for told in &told {
        assert!(
            told.words.lines().next().unwrap().starts_with("DRILL "),
            "{}",
            told.words
        );
        assert!(
            told.words.lines().last().unwrap().starts_with("DRILL "),
            "{}",
            told.words
        );
    }
    house.close().await;

    let mut house = calm_at(&site).await;
    house.drill("monthly").await;
    house.read_until(200, nothing).await;
    check(
        "drill-failed",
        &house.told_of("drill-failed").await,
        "drill-failed",
        "first",
    );
    house.close().await;
}
