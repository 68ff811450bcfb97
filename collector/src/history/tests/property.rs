//! The history against a plain map: any order, any batches, any seals, any restarts.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// What the history must say: by series and instant, the first committed.
type Model = BTreeMap<(usize, i64), Outcome>;

fn check(history: &History, model: &Model, from: i64, to: i64) {
    let mut expected: Vec<(i64, usize, Outcome)> = Vec::new();
    for index in 0..3 {
        let own: Vec<(i64, Outcome)> = model
            .range((index, from)..(index, to))
            .map(|((_, at), outcome)| (*at, *outcome))
            .collect();
        expected.extend(own.iter().map(|(at, outcome)| (*at, index, *outcome)));
        if !model.keys().any(|(known, _)| *known == index) {
            continue;
        }
        let read = history
            .readings_blocking(&series(index), at(from), at(to), usize::MAX)
            .unwrap();
        let values: Vec<_> = own
            .iter()
            .filter_map(|(at, outcome)| Some((*at, outcome.ok()?)))
            .collect();
        let faults: Vec<_> = own
            .iter()
            .filter_map(|(at, outcome)| Some((*at, outcome.err()?)))
            .collect();
        let milliseconds = |(at, value): &(Timestamp, f64)| (at.milliseconds(), *value);
        assert_eq!(read.points.iter().map(milliseconds).collect::<Vec<_>>(), values);
        assert_eq!(
            read.faults
                .iter()
                .map(|(at, fault)| (at.milliseconds(), *fault))
                .collect::<Vec<_>>(),
            faults
        );
        let every = Duration::from_minutes(7);
        let windows = history
            .windows_blocking(&series(index), at(from), at(to), every)
            .unwrap();
        assert_eq!(windows, naive_windows(&values, every.milliseconds()));
        let newest = model
            .range((index, i64::MIN)..=(index, i64::MAX))
            .next_back()
            .unwrap();
        let latest = history.latest_of(&series(index)).unwrap();
        assert_eq!((latest.0.milliseconds(), latest.1), (newest.0.1, *newest.1));
    }
    expected.sort_by_key(|(at, index, _)| (*at, *index));
    let all: Vec<Series> = (0..3).map(series).collect();
    let scanned: Vec<_> = history
        .scan(&all, at(from), at(to))
        .map(|scanned| scanned.unwrap())
        .map(|scanned| (scanned.at.milliseconds(), scanned.series, scanned.outcome))
        .collect();
    assert_eq!(scanned, expected);
}

fn naive_windows(values: &[(i64, f64)], every: i64) -> Vec<Window> {
    let mut starts: Vec<i64> = values
        .iter()
        .map(|(at, _)| at.div_euclid(every) * every)
        .collect();
    starts.dedup();
    let window = |start: i64| {
        let inside: Vec<f64> = values
            .iter()
            .filter(|(at, _)| (start..start + every).contains(at))
            .map(|(_, value)| *value)
            .collect();
        Window {
            start: at(start),
            min: inside.iter().copied().fold(f64::INFINITY, f64::min),
            mean: inside.iter().sum::<f64>() / inside.len() as f64,
            max: inside.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            count: inside.len() as u64,
            last: inside[inside.len() - 1],
        }
    };
    starts.into_iter().map(window).collect()
}

#[derive(Debug, Clone)]
enum Step {
    Append(Vec<(usize, i64, Outcome)>),
    Pass(i64),
    Seal,
    Crash,
    Stop,
}

fn step() -> impl Strategy<Value = Step> {
    let outcome = prop_oneof![
        8 => (0..4_000_i64).prop_map(|number| Ok(number as f64 / 100.0)),
        1 => (0..7_u8).prop_map(|code| Err(Fault::from_code(code))),
    ];
    // Some of the same instants again and again, the newest too.
    let minute = prop_oneof![3 => 0..20 * 60_i64, 1 => 20 * 60 - 4..20 * 60_i64];
    let instant = minute.prop_map(|minute| START - 10 * HOUR + minute * 60_000);
    let readings = proptest::collection::vec((0..3_usize, instant, outcome), 1..60);
    prop_oneof![
        6 => readings.prop_map(Step::Append),
        2 => (0..4 * HOUR).prop_map(Step::Pass),
        1 => Just(Step::Seal),
        1 => Just(Step::Crash),
        1 => Just(Step::Stop),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn any_order_any_seals_and_any_restarts_give_the_same_history(
        steps in proptest::collection::vec(step(), 1..16), from in 0..20 * 60_i64, length in 0..20 * 60_i64,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut rig = Rig::new().await;
            // Nothing is of the future.
            rig.clock.advance(Duration::from_hours(10));
            let mut model = Model::new();
            for step in steps {
                match step {
                    Step::Append(readings) => {
                        for (index, at, outcome) in &readings {
                            model.entry((*index, *at)).or_insert(*outcome);
                        }
                        rig.append(vec![batch(&readings)]).await;
                        rig.caught_up().await;
                    }
                    Step::Pass(milliseconds) => {
                        rig.clock.advance_to(rig.clock.now() + Duration::from_milliseconds(milliseconds));
                    }
                    Step::Seal => rig.sealed().await,
                    Step::Crash => rig.crash().await,
                    Step::Stop => {
                        rig.stop().await;
                        rig.start().await;
                    }
                }
            }
            rig.caught_up().await;
            let from = START - 10 * HOUR + from * 60_000;
            check(rig.history(), &model, from, from + length * 60_000);
            rig.sealed().await;
            check(rig.history(), &model, i64::MIN, i64::MAX);
            // What is sealed is not needed in the journal any more.
            rig.stop().await;
            rig.start().await;
            check(rig.history(), &model, i64::MIN, i64::MAX);
            assert_eq!(rig.history().statistics().in_memory, 0);
        });
    }
}
