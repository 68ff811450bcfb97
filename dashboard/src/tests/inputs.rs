//! The judgement of every series: in the list, and down the live feed when it changes.

use plenum_link::SystemClock;
use reqwest::Method;
use serde_json::{Value, json};

use super::rig::{Rig, hear};

const INLET: &str = "zaandam/pi-a1/inlet-a3/temperature";

async fn inlet(rig: &Rig, record: Value) {
    let now = SystemClock::shared().now().milliseconds() as f64 / 1_000.0;
    let mut pack = json!([{"bn": "zaandam/pi-a1/", "n": "inlet-a3/temperature", "t": now}]);
    pack[0]
        .as_object_mut()
        .unwrap()
        .extend(record.as_object().unwrap().clone());
    rig.publish("readings", pack).await;
}

#[tokio::test]
async fn a_series_is_judged_in_the_list_and_down_the_feed() {
    let rig = Rig::start().await;
    let mut live = rig.with_token(Method::GET, "/api/v1/live").send().await.unwrap();
    let mut heard = String::new();
    inlet(&rig, json!({"u": "Cel", "v": 22.0})).await;
    hear(&mut live, &mut heard, "event: input\n").await;
    let good = rig.get("/api/v1/inputs").await;
    let good = &good["items"][0];
    assert_eq!(
        (&good["series"], &good["condition"]),
        (&json!(INLET), &json!("good"))
    );
    assert_eq!(
        (&good["priority"], &good["beyond"], &good["alarm"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    inlet(&rig, json!({"u": "Cel", "v": 28.0})).await;
    hear(&mut live, &mut heard, "\"beyond\":\"medium\"").await;
    inlet(&rig, json!({"vs": "timeout"})).await;
    hear(&mut live, &mut heard, "\"condition\":\"fault\"").await;
    let faulty = rig.get("/api/v1/inputs?limit=1").await;
    assert_eq!(faulty["items"][0]["condition"], "fault");
    assert_eq!(faulty["items"][0]["next"], Value::Null);
    rig.stop().await;
}
