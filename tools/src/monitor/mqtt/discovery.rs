//! What Home Assistant is told so that the board appears by itself: one retained config message for each entity.
//!
//! Source: Home Assistant's documentation of MQTT discovery, sensor and binary sensor. Single-entity messages, not the
//! newer device message, because every release and other home automation reads them.

use needledrop_protocol::Begin;
use serde_json::{Value, json};

use super::entities::{Entity, entities};
use super::message::Message;
use super::topics::Topics;

/// Who is announced, and where.
#[derive(Clone, Debug)]
pub(super) struct Discovery {
    /// First part of the topics, `homeassistant` unless it was set otherwise there.
    pub(super) prefix: String,
    /// Name that people see.
    pub(super) name: String,
    /// Identity of the device: letters, digits, `_` and `-`.
    pub(super) device_id: String,
}

impl Discovery {
    /// Topic on which Home Assistant says that it has started.
    pub(super) fn birth_topic(&self) -> String {
        format!("{}/status", self.prefix)
    }

    /// The config messages; `begin` gives firmware and model, once it is known.
    pub(super) fn messages(&self, topics: &Topics, begin: Option<&Begin>) -> Vec<Message> {
        let device = self.device(begin);
        entities(topics)
            .into_iter()
            .map(|entity| self.message(entity, topics, &device))
            .collect()
    }

    fn message(&self, entity: Entity, topics: &Topics, device: &Value) -> Message {
        let Entity {
            component,
            object,
            mut config,
        } = entity;
        config["unique_id"] = json!(format!("{}_{object}", self.device_id));
        config["availability"] = json!([
            { "topic": topics.availability },
            { "topic": topics.board },
        ]);
        config["availability_mode"] = json!("all");
        config["device"] = device.clone();
        config["origin"] = json!({
            "name": "needledrop monitor",
            "sw_version": env!("CARGO_PKG_VERSION"),
        });
        let topic = format!(
            "{}/{component}/{}/{object}/config",
            self.prefix, self.device_id
        );
        Message::retained(&topic, config.to_string())
    }

    fn device(&self, begin: Option<&Begin>) -> Value {
        let mut device = json!({
            "identifiers": [self.device_id],
            "name": self.name,
            "manufacturer": "needledrop",
        });
        if let Some(begin) = begin {
            device["model"] = json!(format!("{} ({})", begin.model.as_str(), begin.model_digest));
            device["sw_version"] = json!(begin.firmware.as_str());
        }
        device
    }
}

#[cfg(test)]
mod tests {
    use super::{Discovery, Topics};
    use needledrop_protocol::{Body, Counts, parse};
    use serde_json::Value;
    use std::collections::BTreeSet;

    use super::super::payload::{Losses, state, status};

    fn configs(begin: bool) -> Vec<(String, Value)> {
        let record = parse(
            b"$NDBEG,0,0,44100,1,needledrop-device 0.1.0,tunes,3f9a10c2,71c05b1e9d00a4f3,default*7809",
        )
        .unwrap();
        let Body::Begin(known) = record.body else {
            unreachable!("a begin was parsed")
        };
        let discovery = Discovery {
            prefix: "homeassistant".to_owned(),
            name: "Living room".to_owned(),
            device_id: "needledrop_Living_room".to_owned(),
        };
        discovery
            .messages(
                &Topics::new("needledrop", "Living_room"),
                begin.then_some(&known),
            )
            .into_iter()
            .map(|message| {
                (
                    message.topic,
                    serde_json::from_slice(&message.payload).unwrap(),
                )
            })
            .collect()
    }

    #[test]
    fn each_entity_has_what_home_assistant_asks_for() {
        let mut ids = BTreeSet::new();
        for (topic, config) in configs(true) {
            let parts: Vec<&str> = topic.split('/').collect();
            assert_eq!(parts.len(), 5, "{topic}");
            assert!(matches!(parts[1], "sensor" | "binary_sensor"), "{topic}");
            assert!(ids.insert(config["unique_id"].as_str().unwrap().to_owned()));
            assert!(
                config["state_topic"]
                    .as_str()
                    .unwrap()
                    .starts_with("needledrop/Living_room/")
            );
            assert_eq!(config["availability"].as_array().unwrap().len(), 2);
            assert_eq!(config["availability_mode"], "all");
            assert_eq!(config["device"]["identifiers"][0], "needledrop_Living_room");
            assert_eq!(config["device"]["sw_version"], "needledrop-device 0.1.0");
            assert_eq!(config["device"]["model"], "tunes (3f9a10c2)");
            assert!(config["origin"]["name"].is_string());
        }
        assert_eq!(ids.len(), 8);
        assert!(
            configs(false)
                .iter()
                .all(|(_, config)| config["device"].get("model").is_none())
        );
    }

    #[test]
    fn every_key_that_a_template_names_is_in_the_payload() {
        let record =
            parse(b"$NDTAG,1,132300,44100,music,,jazz,871,blues,96,rock,20,-214,0,0*EC8C").unwrap();
        let Body::Tag(tag) = &record.body else {
            unreachable!("a tag was parsed")
        };
        let parsed = |text: String| serde_json::from_str::<Value>(&text).unwrap();
        let heard = parsed(state(&record, tag));
        let health = parsed(status(None, None, &Counts::default(), &Losses::default()));
        for (topic, config) in configs(false) {
            let payload = if config["state_topic"].as_str().unwrap().ends_with("/state") {
                &heard
            } else {
                &health
            };
            let template = config["value_template"].as_str().unwrap();
            let mut keys = template.split("value_json.").skip(1).map(|rest| {
                rest.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                    .next()
                    .unwrap()
            });
            assert!(
                keys.all(|key| payload.get(key).is_some()),
                "{topic}: {template}"
            );
        }
    }
}
