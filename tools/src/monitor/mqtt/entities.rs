//! The board as Home Assistant shows it: what each entity reads, and how it is shown.

use needledrop_protocol::State;
use serde_json::{Value, json};

use super::topics::Topics;

/// One thing that Home Assistant shows.
pub(super) struct Entity {
    /// `sensor` or `binary_sensor`.
    pub(super) component: &'static str,
    /// Its name within the device.
    pub(super) object: &'static str,
    /// Its config message, without what all of them have.
    pub(super) config: Value,
}

/// All of them, in the order of their importance.
pub(super) fn entities(topics: &Topics) -> Vec<Entity> {
    let entity = |component, object, config| Entity {
        component,
        object,
        config,
    };
    let mut states: Vec<&str> = State::ALL.iter().map(|state| state.name()).collect();
    states.dedup();
    vec![
        entity(
            "sensor",
            "genre",
            json!({
                "name": "Genre",
                "icon": "mdi:music",
                "state_topic": topics.state,
                "value_template": "{{ value_json.genre if value_json.state == 'music' else 'none' }}",
                "json_attributes_topic": topics.state,
            }),
        ),
        entity(
            "sensor",
            "probability",
            json!({
                "name": "Probability",
                "icon": "mdi:percent",
                "state_topic": topics.state,
                "value_template": "{{ value_json.probability_percent }}",
                "unit_of_measurement": "%",
                "state_class": "measurement",
                "suggested_display_precision": 0,
            }),
        ),
        entity(
            "sensor",
            "state",
            json!({
                "name": "State",
                "icon": "mdi:ear-hearing",
                "state_topic": topics.state,
                "value_template": "{{ value_json.state }}",
                "device_class": "enum",
                "options": states,
            }),
        ),
        entity(
            "binary_sensor",
            "music",
            json!({
                "name": "Music",
                "icon": "mdi:music-circle",
                "state_topic": topics.state,
                "value_template": "{{ 'ON' if value_json.state == 'music' else 'OFF' }}",
                "payload_on": "ON",
                "payload_off": "OFF",
            }),
        ),
        diagnostic(
            topics,
            "level",
            "Level",
            "level_dbfs",
            json!({
                "unit_of_measurement": "dBFS", "icon": "mdi:volume-high", "state_class": "measurement",
            }),
        ),
        diagnostic(
            topics,
            "temperature",
            "Temperature",
            "temperature_c",
            json!({
                "unit_of_measurement": "°C", "device_class": "temperature", "state_class": "measurement",
            }),
        ),
        diagnostic(
            topics,
            "lost_records",
            "Lost records",
            "lost_records",
            json!({
                "icon": "mdi:alert-circle-outline", "state_class": "total_increasing",
            }),
        ),
        diagnostic(
            topics,
            "unpublished_records",
            "Unpublished records",
            "unpublished_records",
            json!({
                "icon": "mdi:alert-circle-outline", "state_class": "total_increasing",
            }),
        ),
    ]
}

/// A sensor of the device's diagnostics, one key of topic `status`.
fn diagnostic(
    topics: &Topics,
    object: &'static str,
    name: &str,
    key: &str,
    mut config: Value,
) -> Entity {
    config["name"] = json!(name);
    config["state_topic"] = json!(topics.status);
    config["value_template"] = json!(format!("{{{{ value_json.{key} }}}}"));
    config["entity_category"] = json!("diagnostic");
    Entity {
        component: "sensor",
        object,
        config,
    }
}
