//! The broker goes and comes: nothing is lost without a word.

use needledrop_tools::monitor::mqtt::KEPT_RECORDS;

use super::broker::Broker;
use super::ear::Ear;
use super::program::{Monitor, jazz, run};

#[test]
fn what_is_heard_while_the_broker_is_away_follows_in_its_order() {
    let Some(mut broker) = Broker::open() else {
        return;
    };
    let ear = Ear::new(&broker, "ear");
    let mut monitor = Monitor::publishing(&broker.address(), &[]);
    (0..10).for_each(|number| monitor.hears(&jazz(number, 800)));
    ear.waits("ten records", |it| it.sequences().len() == 10);
    broker.stop();
    monitor.says("closed the connection; trying again");
    (10..30).for_each(|number| monitor.hears(&jazz(number, 900)));
    broker.start();
    monitor.says("mqtt: connected to");
    monitor.says(" after ");
    ear.waits("thirty records", |it| it.sequences().len() >= 30);
    assert_eq!(ear.sequences(), (0..30).collect::<Vec<u64>>());
    ear.waits_for("needledrop/test/availability", "online");
    let late = Ear::new(&broker, "late");
    late.waits("the newest state", |it| {
        it.on("/state")
            .last()
            .is_some_and(|it| it.json()["sequence"] == 29)
    });
    assert!(
        !monitor.said().contains("not published"),
        "{}",
        monitor.said()
    );
    assert_eq!(monitor.ends().code(), Some(0));
}

#[test]
fn what_can_not_be_kept_is_counted_and_said() {
    let Some(mut broker) = Broker::open() else {
        return;
    };
    let ear = Ear::new(&broker, "ear");
    let mut monitor = Monitor::publishing(&broker.address(), &[]);
    monitor.hears(&jazz(0, 800));
    ear.waits("the first record", |it| it.sequences() == [0]);
    broker.stop();
    monitor.says("trying again");
    let records = u32::try_from(KEPT_RECORDS).expect("it fits") + 51;
    (1..records).for_each(|number| monitor.hears(&jazz(number, 800)));
    monitor.says("the oldest are given up and counted");
    broker.start();
    let last = u64::from(records - 1);
    ear.waits("the last record", |it| it.sequences().last() == Some(&last));
    let heard = ear.sequences();
    let missing = u64::from(records) - heard.len() as u64;
    assert!(missing > 0);
    let kept: Vec<u64> = std::iter::once(0).chain(missing + 1..=last).collect();
    assert!(
        heard == kept,
        "the oldest are those that miss: {:?}",
        &heard[..9]
    );
    assert_eq!(monitor.ends().code(), Some(1), "a check said no");
    monitor.says(&format!("mqtt: {missing} records were not published"));
    ear.waits("the count", |it| {
        let status = it.on("/status");
        status
            .last()
            .is_some_and(|it| it.json()["unpublished_records"] == missing)
    });
}

#[cfg(unix)]
#[test]
fn a_broker_that_stops_answering_is_left_and_sent_everything_again() {
    let Some(broker) = Broker::open() else { return };
    let ear = Ear::new(&broker, "ear");
    let mut monitor = Monitor::publishing(&broker.address(), &[]);
    monitor.hears(&jazz(0, 800));
    ear.waits("the first record", |it| it.sequences() == [0]);
    broker.signal("STOP");
    (1..100).for_each(|number| monitor.hears(&jazz(number, 800)));
    monitor.says("no longer answers; trying again");
    broker.signal("CONT");
    ear.waits("the last record", |it| it.sequences().last() == Some(&99));
    assert_eq!(ear.sequences(), (0..100).collect::<Vec<u64>>());
    assert_eq!(monitor.ends().code(), Some(0), "{}", monitor.said());
}

#[test]
fn two_programs_of_one_name_are_told_why_they_lose_the_broker() {
    let Some(broker) = Broker::open() else { return };
    let first = Monitor::publishing(&broker.address(), &[]);
    first.says("mqtt: connected to");
    let _second = Monitor::publishing(&broker.address(), &[]);
    first.says("another program calls itself needledrop_test there, too");
}

#[test]
fn a_file_is_read_no_faster_than_it_is_published() {
    let Some(broker) = Broker::open() else { return };
    let ear = Ear::new(&broker, "ear");
    let count = u32::try_from(4 * KEPT_RECORDS).expect("it fits");
    let records: Vec<_> = (0..count).map(|number| jazz(number, 800)).collect();
    let ended = run(&broker.address(), &[], &records);
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(0), "{said}");
    ear.waits("every record", |it| it.sequences().len() == records.len());
    assert_eq!(ear.sequences(), (0..u64::from(count)).collect::<Vec<u64>>());
}

#[test]
fn a_broker_that_is_not_there_yet_is_waited_for() {
    let Some(mut broker) = Broker::absent() else {
        return;
    };
    let monitor = Monitor::publishing(&broker.address(), &[]);
    monitor.says(&format!(
        "no broker listens at {}; trying again",
        broker.address()
    ));
    broker.start();
    monitor.says("mqtt: connected to");
}

#[test]
fn a_file_that_nobody_took_is_no_success() {
    let Some(broker) = Broker::absent() else {
        return;
    };
    let ended = run(&broker.address(), &[], &[jazz(0, 800), jazz(1, 800)]);
    assert_eq!(ended.status.code(), Some(1));
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(
        said.contains("mqtt: 2 records were not published"),
        "{said}"
    );
}
