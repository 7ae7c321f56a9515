//! A network's answers in burn: from windows of clips, by their places, to logits.

use crate::error::Error;
use crate::places::Place;
use crate::run::fitted::Fitted;
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use needledrop_bundle::Window;
use needledrop_data::Clip;
use needledrop_networks::Input;
use needledrop_networks::nn::ops::LayerOps;
use needledrop_networks::nn::{Frozen, Network, Pass};
use rayon::prelude::{IndexedParallelIterator, ParallelIterator, ParallelSliceMut};

/// Windows that one forward pass takes.
const CHUNK_WINDOWS: usize = 32;

/// The bags that begin at `places` as networks take them, `[places * bag, frames, bands]`.
pub(super) fn windows<B: Backend>(
    clips: &[Clip],
    places: &[Place],
    input: &Input,
    device: &B::Device,
) -> Result<Tensor<B, 3>, Error> {
    let len = input.values();
    let Window { frames, bands, .. } = input.window;
    let mut x = vec![0.0; places.len() * len];
    x.par_chunks_exact_mut(len)
        .zip_eq(places)
        .try_for_each(|(values, place)| input.fill(&clips[place.clip], place.first_row, values))?;
    let shape = [places.len() * input.bag, frames, bands];
    Ok(Tensor::from_data(TensorData::new(x, shape), device))
}

/// Logits of the bags that begin at `places`, `[places, classes]`: of windows when a bag is one.
pub(super) fn logits<B: LayerOps, N: Network<B>>(
    net: &N,
    clips: &[Clip],
    places: &[Place],
    input: &Input,
    device: &B::Device,
) -> Result<Vec<f32>, Error> {
    let mut out = Vec::new();
    for chunk in places.chunks(CHUNK_WINDOWS.div_ceil(input.bag)) {
        let x = windows(clips, chunk, input, device)?;
        let logits = net.bag_logits(x, input.bag, &mut Pass::evaluating());
        out.extend(logits.into_data().iter::<f32>());
    }
    Ok(out)
}

/// Logits of all windows, clip by clip, from what the network's frozen layers give for them.
pub(super) fn logits_behind<B: LayerOps>(
    net: &dyn Frozen<B>,
    features: &[Clip<f32>],
    device: &B::Device,
) -> Result<Vec<f32>, Error> {
    let mut out = Vec::new();
    for clip in features.iter().filter(|clip| clip.rows > 0) {
        let x = TensorData::new(clip.read()?.into_owned(), [clip.rows, clip.bands]);
        let logits = net.behind(Tensor::from_data(x, device), &mut Pass::evaluating());
        out.extend(logits.into_data().iter::<f32>());
    }
    Ok(out)
}

/// A network with what it needs to answer.
pub(super) struct InBurn<'a, B: LayerOps, N> {
    net: &'a N,
    input: &'a Input,
    device: &'a B::Device,
}

impl<'a, B: LayerOps, N: Network<B>> InBurn<'a, B, N> {
    pub(super) fn new(net: &'a N, input: &'a Input, device: &'a B::Device) -> Self {
        Self { net, input, device }
    }
}

impl<B: LayerOps, N: Network<B>> Fitted for InBurn<'_, B, N> {
    fn onnx(&self) -> Vec<u8> {
        self.net.to_onnx(&self.input.one_by_one())
    }

    fn logits(&self, clips: &[Clip], places: &[Place]) -> Result<Vec<f32>, Error> {
        let input = self.input.one_by_one();
        logits::<B, N>(self.net, clips, places, &input, self.device)
    }

    fn song_onnx(&self) -> Option<Vec<u8>> {
        self.net.bag_to_onnx(self.input)
    }

    fn song_logits(&self, clips: &[Clip], places: &[Place]) -> Result<Vec<f32>, Error> {
        logits::<B, N>(self.net, clips, places, self.input, self.device)
    }
}
