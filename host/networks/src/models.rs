//! The networks that `needledrop train` knows: the registry that everything else asks by name.
//!
//! A network is a folder that implements [`Definition`], and a line of `registry!` here.

use crate::backend::TrainBackend;
use crate::definition::Definition;
use crate::nn::{Size, Trainable};
use crate::pretrained::Published;
use crate::{Input, Preset, Settings};
use needledrop_bundle::{InputKind, Origin};
use needledrop_data::Kind;
use rand_chacha::ChaCha8Rng;

/// A network of the registry: what its [`Definition`] says, as values.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// [`Definition::NAME`].
    pub name: &'static str,
    /// [`Definition::ABOUT`].
    pub about: &'static str,
    /// [`Definition::PRESETS`].
    pub presets: &'static str,
    /// [`Definition::KIND`].
    pub kind: InputKind,
    /// [`Definition::FRONTEND`].
    pub frontend: &'static str,
    /// Its network.
    pub network: Architecture,
    /// [`Definition::PUBLISHED`].
    pub published: Option<Published>,
    /// [`Definition::LEAST_ROWS`].
    pub least_rows: usize,
    /// [`Definition::ANY_LENGTH`].
    pub any_length: bool,
    input: fn(&Origin, usize) -> Input,
    settings: fn(Preset) -> Settings,
}

macro_rules! registry {
    ($($network:ident: $definition:ty,)+) => {
        /// Which network.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Architecture {
            $(
                #[doc = concat!("[`", stringify!($definition), "`]")]
                $network,
            )+
        }

        /// Every network, in the order in which they are listed.
        pub const MODELS: [Model; [$(Architecture::$network),+].len()] =
            [$(Model::of::<$definition>(Architecture::$network)),+];

        impl Architecture {
            /// Builds the network, with weights drawn from `rng`, and runs `task` on it.
            pub fn build<B: TrainBackend, T: NetworkTask<B>>(
                self,
                size: Size,
                settings: &Settings,
                rng: &mut ChaCha8Rng,
                device: &B::Device,
                task: T,
            ) -> T::Output {
                match self {
                    $(Self::$network => task.run(<$definition>::build(size, settings, rng, device)),)+
                }
            }
        }
    };
}

registry! {
    Compact: crate::compact::Plain,
    CompactCausal: crate::compact::Causal,
    RawCnn: crate::raw_cnn::Registered,
    MobileNetV2: crate::mobilenetv2::Registered,
    Crnn: crate::crnn::Registered,
    ParallelCnnRnn: crate::parallel_cnn_rnn::Registered,
    Mil: crate::mil::Registered,
    Musicnn: crate::musicnn::Registered,
}

/// A network by name.
pub fn find(name: &str) -> Option<&'static Model> {
    MODELS.iter().find(|model| model.name == name)
}

impl Model {
    const fn of<D: Definition>(network: Architecture) -> Self {
        Self {
            name: D::NAME,
            about: D::ABOUT,
            presets: D::PRESETS,
            kind: D::KIND,
            frontend: D::FRONTEND,
            network,
            published: D::PUBLISHED,
            least_rows: D::LEAST_ROWS,
            any_length: D::ANY_LENGTH,
            input: D::input,
            settings: D::settings,
        }
    }

    /// Default settings.
    pub fn settings(&self, preset: Preset) -> Settings {
        (self.settings)(preset)
    }

    /// The kind of data that it learns from.
    pub fn data_kind(&self) -> Kind {
        self.kind.into()
    }

    /// What it sees of a clip, given where its features come from and how many rows its clips have.
    pub fn input(&self, origin: &Origin, clip_rows: usize) -> Input {
        (self.input)(origin, clip_rows)
    }
}

/// Work on a network of whichever structure.
pub trait NetworkTask<B: TrainBackend> {
    /// What it gives.
    type Output;

    /// Does it.
    fn run<N: Trainable<B>>(self, net: N) -> Self::Output;
}

#[cfg(test)]
mod tests {
    use super::{MODELS, find};
    use crate::Preset;

    #[test]
    fn every_network_is_found_by_the_name_that_its_settings_have() {
        for model in &MODELS {
            assert_eq!(find(model.name).unwrap().network, model.network);
            for preset in [Preset::Article, Preset::Best] {
                let settings = model.settings(preset);
                assert_eq!(
                    (settings.model.as_str(), settings.preset),
                    (model.name, preset)
                );
            }
        }
    }
}
