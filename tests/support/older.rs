//! An agent of before drills, sirens and lamps.

use plenum_link::mqtt::{Event, Message, MqttOptions, connect};
use plenum_link::testing::Mosquitto;
use plenum_link::{Shutdown, SystemClock};
use plenum_protocol::payload::{Command, CommandResult};

/// It is `hall/old`, and answers that it does not know the command.
pub fn older(broker: &Mosquitto) {
    let mut options = MqttOptions::new(&broker.address(), "hall/old".to_owned());
    options.subscriptions = vec!["plenum/1/hall/old/command".to_owned()];
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let (publisher, mut events) = connect(options, SystemClock::shared(), &Shutdown::new());
            while let Some(event) = events.recv().await {
                let Event::Message(message) = event else { continue };
                let result = CommandResult {
                    id: Command::from_json(&message.payload).unwrap().id,
                    done: false,
                    message: "this version does not know the command".to_owned(),
                };
                let answer = Message::new("plenum/1/hall/old/result", result.to_json());
                publisher.publish(answer).await.unwrap();
            }
        });
    });
}
