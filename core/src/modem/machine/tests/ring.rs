//! The telephone that rings where nothing else went through.

use super::*;

#[test]
fn where_nothing_else_goes_through_the_telephone_rings() {
    let mut rig = Rig::ready(Settings::default());
    rig.says("PDU", "+CMS ERROR: 38");
    let (to, text) = ("+31612345678".to_owned(), "a".to_owned());
    rig.input(Input::Send {
        id: 3,
        to,
        text,
        ring: true,
    });
    assert_eq!(rig.news(), []);
    assert!(rig.written.contains(&"ATD+31612345678;".to_owned()));
    rig.wait(seconds(21));
    assert!(rig.written.contains(&"AT+CHUP".to_owned()));
    let news = rig.news();
    assert!(
        matches!(&news[..], [Effect::Failed(3, why)] if why.ends_with("their telephone rang instead")),
        "{news:?}"
    );
}

#[test]
fn a_call_of_which_the_modem_says_nothing_until_it_is_answered_is_hung_up_all_the_same() {
    let mut rig = Rig::ready(Settings::default());
    rig.says("PDU", "+CMS ERROR: 38");
    rig.says("ATD+31612345678;", "");
    let (to, text) = ("+31612345678".to_owned(), "a".to_owned());
    rig.input(Input::Send {
        id: 3,
        to,
        text,
        ring: true,
    });
    rig.wait(seconds(19));
    assert!(!rig.written.contains(&"AT+CHUP".to_owned()));
    rig.wait(seconds(2));
    assert!(rig.written.contains(&"AT+CHUP".to_owned()));
    let news = rig.news();
    assert!(
        matches!(&news[..], [Effect::Failed(3, why)] if why.ends_with("their telephone rang instead")),
        "{news:?}"
    );
}
