//! What the forecast says of rooms that lost their cooling, of readings that are wrong, and of what was not a loss at all.

use super::trial::{Random, Room, Tally};
use super::*;

fn at(seconds: f64) -> Timestamp {
    Timestamp::from_milliseconds((seconds * 1_000.0) as i64)
}

/// Readings every ten seconds of `value` by the minute.
fn readings(minutes: std::ops::Range<f64>, value: impl Fn(f64) -> f64) -> Vec<(Timestamp, f64)> {
    let count = ((minutes.end - minutes.start) * 6.0) as u32;
    let all = (0..count).map(|index| minutes.start + f64::from(index) / 6.0);
    all.map(|minute| (at(minute * 60.0), value(minute))).collect()
}

/// An hour of a compressor of 15 minutes and 0.8 K around 22, without noise, then the loss: towards `end` with 10 minutes.
fn lost(end: f64, minutes: f64) -> Forecaster {
    let cycle = |minute: f64| 22.0 + 0.4 * (minute / 15.0 * std::f64::consts::TAU).sin();
    let from = cycle(60.0);
    let course = |minute: f64| {
        if minute < 60.0 {
            cycle(minute)
        } else {
            end - (end - from) * (-(minute - 60.0) / 10.0).exp()
        }
    };
    Forecaster::of(readings(0.0..60.0 + minutes, course))
}

/// When the room of [`lost`] reaches a limit, in minutes from a moment after the loss.
fn truth(end: f64, limit: f64, minutes: f64) -> f64 {
    -10.0 * ((end - limit) / (end - 22.0)).ln() - minutes
}

/// The newest reading of [`lost`].
fn newest(minutes: f64) -> Timestamp {
    at((60.0 + minutes) * 60.0 - 10.0)
}

#[test]
fn a_loss_of_cooling_is_forecast_early_at_first_and_right_soon() {
    for (minutes, error) in [(1.0, 4.0), (3.0, 1.0), (5.0, 0.5)] {
        let forecast = lost(40.0, minutes).reaches(32.0, newest(minutes)).unwrap();
        let truth = truth(40.0, 32.0, minutes - 1.0 / 6.0);
        assert!(
            forecast.earliest <= forecast.likely
                && forecast.likely <= truth + 0.01
                && truth - forecast.likely < error,
            "after {minutes} min {truth}: {forecast:?}"
        );
        assert!(
            forecast.latest.is_none_or(|latest| latest >= truth - 0.01),
            "{forecast:?} {truth}"
        );
    }
}

#[test]
fn the_onset_is_where_the_room_began_to_rise() {
    let onset = lost(40.0, 4.0).onset().unwrap();
    let from = (onset.milliseconds() as f64 / 60_000.0 - 60.0).abs();
    // The cycle's own last rise began 3.75 minutes before.
    assert!(from < 4.5, "{from} min from the loss");
}

#[test]
fn what_settles_below_the_limit_has_no_forecast_in_the_end() {
    assert!(lost(30.0, 2.0).reaches(29.0, newest(2.0)).is_some());
    assert_eq!(lost(30.0, 45.0).reaches(32.0, newest(45.0)), None);
}

#[test]
fn a_limit_that_is_passed_or_lies_the_other_way_has_no_forecast() {
    let forecaster = lost(40.0, 4.0);
    assert!(forecaster.reaches(32.0, newest(4.0)).is_some());
    assert_eq!(forecaster.reaches(23.0, newest(4.0)), None);
    assert_eq!(forecaster.reaches(18.0, newest(4.0)), None);
    // An hour away by the straight line: nobody can tell.
    assert_eq!(forecaster.reaches(400.0, newest(4.0)), None);
}

#[test]
fn a_fall_is_forecast_like_a_rise() {
    let course = |minute: f64| {
        let fallen = (1.0 - (-(minute - 60.0).max(0.0) / 10.0).exp()) * 30.0;
        30.0 + 0.4 * (minute / 15.0 * std::f64::consts::TAU).sin() - fallen
    };
    let forecaster = Forecaster::of(readings(0.0..63.0, course));
    let forecast = forecaster.reaches(15.0, newest(3.0)).unwrap();
    assert!((1.0..4.2).contains(&forecast.likely), "{forecast:?}");
    assert_eq!(forecaster.reaches(35.0, newest(3.0)), None);
}

#[test]
fn cooling_that_comes_back_ends_it() {
    let mut forecaster = lost(40.0, 4.0);
    assert!(forecaster.onset().is_some());
    let top = 40.0 - 18.0 * (-0.4_f64).exp();
    for (at, value) in readings(64.0..70.0, |minute| (top - 1.5 * (minute - 64.0)).max(22.0)) {
        forecaster.push(at, value);
    }
    assert_eq!(forecaster.onset(), None);
    assert_eq!(forecaster.reaches(32.0, at(70.0 * 60.0)), None);
}

#[test]
fn one_outlier_changes_nothing() {
    for strange in [60 * 6 - 3, 60 * 6 + 6, 0] {
        let course = |minute: f64| 22.0 + 0.9 * (minute - 60.0).max(0.0);
        let mut all = readings(0.0..63.0, course);
        let expected = Forecaster::of(all.clone()).reaches(32.0, newest(3.0)).unwrap();
        all[strange].1 = 85.0;
        let forecast = Forecaster::of(all).reaches(32.0, newest(3.0)).unwrap();
        let differ = (forecast.likely - expected.likely).abs();
        assert!(differ < 0.3, "{strange}: {forecast:?} {expected:?}");
    }
}

#[test]
fn what_is_usual_survives_two_outliers() {
    let cycle = |minute: f64| 22.0 + 0.4 * (minute / 15.0 * std::f64::consts::TAU).sin();
    let mut all = readings(0.0..63.0, |minute| cycle(minute) + 1.5 * (minute - 60.0).max(0.0));
    (all[200].1, all[201].1) = (85.0, 85.0);
    assert!(Forecaster::of(all).reaches(32.0, newest(3.0)).is_some());
}

#[test]
fn a_gap_is_bridged_by_the_true_time() {
    let course = |minute: f64| 22.0 + 0.9 * (minute - 60.0).max(0.0);
    let mut all = readings(0.0..65.0, course);
    all.drain(60 * 6 + 3..60 * 6 + 21);
    let forecast = Forecaster::of(all).reaches(32.0, newest(5.0)).unwrap();
    let truth = 10.0 / 0.9 - 5.0 + 1.0 / 6.0;
    assert!(
        (truth - 0.5..truth + 0.01).contains(&forecast.likely),
        "{forecast:?} {truth}"
    );
}

#[test]
fn without_a_past_only_a_long_rise_is_told_of() {
    let rise = |minute: f64| 24.0 + 0.8 * minute;
    let short = Forecaster::of(readings(0.0..2.0, rise));
    assert_eq!(short.reaches(32.0, at(110.0)), None);
    let long = Forecaster::of(readings(0.0..7.0, rise));
    let forecast = long.reaches(32.0, at(410.0)).unwrap();
    assert!((forecast.likely - 3.17).abs() < 0.1, "{forecast:?}");
}

#[test]
fn minutes_are_counted_from_now() {
    let forecaster = lost(40.0, 4.0);
    let first = forecaster.reaches(32.0, newest(4.0)).unwrap();
    let later = forecaster.reaches(32.0, newest(5.0)).unwrap();
    assert!((first.likely - later.likely - 1.0).abs() < 1e-9);
}

#[test]
fn the_trend_is_the_slope_of_the_last_minutes() {
    let trend = Forecaster::of(readings(0.0..5.0, |minute| 25.0 + 0.8 * minute)).trend(at(300.0));
    assert!((trend.unwrap().per_minute - 0.8).abs() < 1e-6);
    let steady = Forecaster::of(readings(0.0..5.0, |_| 22.0));
    assert!(steady.trend(at(300.0)).unwrap().is_steady());
    // Of what is too old nothing is known, nor of what is too little.
    assert_eq!(steady.trend(at(3_000.0)), None);
    assert_eq!(Forecaster::of(readings(0.0..0.3, |_| 22.0)).trend(at(20.0)), None);
    // Every minute is enough.
    let rare = (0..6).map(|minute| (at(60.0 * f64::from(minute)), 22.0 + f64::from(minute)));
    assert!((Forecaster::of(rare).trend(at(300.0)).unwrap().per_minute - 1.0).abs() < 1e-6);
}

#[test]
fn a_step_is_no_trend_however_long_ago() {
    // 22 degrees, and 30 at once after five minutes.
    let stepped = |until: f64| readings(0.0..until, |minute| if minute < 5.0 { 22.0 } else { 30.0 });
    for until in [5.1, 5.4, 6.0, 7.5, 8.5] {
        let trend = Forecaster::of(stepped(until)).trend(newest(until - 60.0));
        assert!(trend.is_none_or(|trend| trend.is_steady()), "{until}: {trend:?}");
    }
}

#[test]
fn a_step_within_a_merged_point_is_no_trend_either() {
    for interval in [1.0, 2.0, 5.0, 10.0] {
        for phase in 0..12 {
            let step = 240.0 + interval * f64::from(phase);
            let mut forecaster = Forecaster::default();
            for count in 0..(600.0 / interval) as i32 {
                let second = interval * f64::from(count);
                forecaster.push(at(second), if second < step { 22.0 } else { 30.0 });
                // While it steps is another question.
                if second > step + 30.0 {
                    let trend = forecaster.trend(at(second));
                    assert!(
                        trend.is_none_or(|trend| trend.is_steady()),
                        "each {interval} s, {} s after the step: {trend:?}",
                        second - step
                    );
                }
            }
        }
    }
}

#[test]
fn what_jumps_to_and_fro_has_no_trend_where_it_stays() {
    let jumps = |minute: f64| {
        if (minute / 0.5).floor() % 2.0 == 0.0 {
            22.0
        } else {
            30.0
        }
    };
    for until in [2.0, 2.5, 3.0, 3.5] {
        let course = |minute: f64| if minute < until { jumps(minute) } else { 30.0 };
        for later in [0.2, 0.5, 0.7, 1.0] {
            let trend =
                Forecaster::of(readings(0.0..until + later, course)).trend(newest(until + later - 60.0));
            assert!(
                trend.is_none_or(|trend| trend.is_steady()),
                "{until} {later}: {trend:?}"
            );
        }
    }
}

#[test]
fn the_rate_that_is_told_leads_to_the_limit_when_the_forecast_does() {
    // An hour of a compressor around 22 degrees, and then 4 degrees a minute, as a row of servers without cooling does.
    let cycle = |minute: f64| 22.0 + 0.2 * (minute / 15.0 * std::f64::consts::TAU).sin();
    let course = |minute: f64| cycle(minute.min(60.0)) + 4.0 * (minute - 60.0).max(0.0);
    for minutes in [0.5, 0.7, 1.0, 1.5, 2.0] {
        let (now, value) = (newest(minutes), course(60.0 + minutes - 1.0 / 6.0));
        let forecaster = Forecaster::of(readings(0.0..60.0 + minutes, course));
        let (Some(trend), Some(forecast)) = (forecaster.trend(now), forecaster.reaches(32.0, now)) else {
            continue;
        };
        let by_rate = (32.0 - value) / trend.per_minute;
        assert!(
            forecast.earliest * 0.8 < by_rate && by_rate < forecast.likely.max(0.5) * 1.6,
            "after {minutes} min {value} and {trend:?}: {forecast:?}"
        );
    }
}

#[test]
fn noise_and_nonsense_have_no_forecast() {
    let mut random = Random::new(5);
    let mut forecaster = Forecaster::default();
    let mut found = 0;
    for second in 0..20_000 {
        forecaster.push(at(f64::from(second) * 10.0), 22.0 + 3.0 * random.normal());
        found += u32::from(forecaster.reaches(40.0, at(f64::from(second) * 10.0)).is_some());
    }
    assert_eq!(found, 0);
    let extremes = [i64::MIN, i64::MAX, 0, 1, i64::MIN, i64::MAX - 1];
    let values = [f64::NAN, f64::INFINITY, 1e300, -1e300, 0.0, f64::MIN_POSITIVE];
    for instant in extremes {
        for value in values {
            forecaster.push(Timestamp::from_milliseconds(instant), value);
            forecaster.reaches(1e300, Timestamp::MIN);
            forecaster.trend(Timestamp::MAX);
        }
    }
    let mut wild = Forecaster::default();
    for (index, instant) in (i64::MIN..=i64::MAX).step_by(1 << 58).enumerate() {
        wild.push(
            Timestamp::from_milliseconds(instant),
            values[index % values.len()],
        );
        wild.reaches(-1e300, Timestamp::MAX);
    }
}

#[test]
fn what_is_kept_is_bounded_and_goes_on_where_it_was_stored() {
    let mut random = Random::new(9);
    let room = |minute: f64| 22.0 + 0.3 * (minute / 12.0 * std::f64::consts::TAU).sin();
    let noisy: Vec<_> = readings(0.0..600.0, room)
        .into_iter()
        .map(|(at, value)| (at, value + 0.04 * random.normal()))
        .collect();
    let mut forecaster = Forecaster::of(noisy);
    let stored = serde_json::to_string(&forecaster).unwrap();
    assert!(stored.len() < 8_192, "{} bytes of JSON", stored.len());
    let mut restored: Forecaster = serde_json::from_str(&stored).unwrap();
    assert_eq!(restored, forecaster);
    for (at, value) in readings(600.0..604.0, |minute| 22.0 + 2.0 * (minute - 600.0)) {
        forecaster.push(at, value);
        restored.push(at, value);
        assert_eq!(restored.reaches(32.0, at), forecaster.reaches(32.0, at));
    }
    assert!(forecaster.reaches(32.0, at(604.0 * 60.0)).is_some());
}

/// The goals on a small set, with fixed seeds; `plenum bench forecast` has many.
#[test]
fn rooms_that_lose_their_cooling_are_warned_of_in_time_and_never_comforted() {
    let mut tally = Tally::default();
    for (seed, constant) in [2.0, 5.0, 10.0, 20.0, 40.0].into_iter().enumerate() {
        let mut random = Random::new(seed as u64);
        for (interval, limit) in [(10, 27.0), (10, 32.0), (60, 32.0), (60, 35.0)] {
            for _ in 0..4 {
                let room = Room::drawn(constant, limit, interval, &mut random);
                tally.add(&room.lose(&mut random));
            }
        }
    }
    assert!(tally.crossed > 40, "{tally:?}");
    assert!(
        tally.never == 0 && tally.in_time * 20 >= tally.crossed * 19,
        "{tally:?}"
    );
    assert!(
        tally.late_first * 20 <= tally.runs() && tally.late_half * 20 <= tally.runs(),
        "{tally:?}"
    );
    assert!(tally.late * 50 <= tally.forecasts, "{tally:?}");
}

#[test]
fn a_month_of_cycling_is_no_loss_of_cooling() {
    let mut random = Random::new(3);
    for _ in 0..3 {
        let mut room = Room::drawn(10.0, 27.0, 60, &mut random);
        room.start = 25.0;
        assert_eq!(room.cycle(10, &mut random), 0, "{room:?}");
    }
}
