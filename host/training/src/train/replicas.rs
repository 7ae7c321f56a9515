//! A step's gradients: on one device, or shared among several as data parallelism with mirrored parameters.
//!
//! For each step the first device sends the others its parameters and a part of the batch each; all work at once, and
//! the gradients, weighted by the parts, add up on the first, where the optimizer takes one step. Order, augmentation
//! and dropout are those of the whole batch, so the outcome differs from one device's by rounding, and by batch norm:
//! it sees a replica's own part alone, and the running statistics are the first replica's.
//!
//! burn gives the primitives ([`GradientsAccumulator`], gradients and modules that move between devices). A module's
//! clones share their running statistics, so that a replica is made by way of the inner module, which has its own.

use super::batch::Batch;
use super::objective::{Objective, Part};
use crate::progress::Progress;
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::Tensor;
use needledrop_networks::backend::TrainBackend;
use needledrop_networks::nn::Trainable;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// The first of `count` devices, and the others; one alone is the `default` one. Says how many there are when some are
/// left out; where there are fewer, as on a processor, several replicas share one.
pub(super) fn devices<B: TrainBackend>(
    default: B::Device,
    count: usize,
    progress: &Progress,
) -> (B::Device, Vec<B::Device>) {
    let present = needledrop_networks::backend::present::<B>(&default);
    if count < present.len() {
        progress.say(&format!(
            "training on {count} of {} devices; --devices all shares each batch among them",
            present.len()
        ));
    }
    if count < 2 {
        return (default, Vec::new());
    }
    let mut devices = present.iter().cycle().take(count).cloned();
    (devices.next().unwrap_or(default), devices.collect())
}

/// The devices of a run.
pub(super) struct Replicas<B: TrainBackend, N> {
    objective: Objective,
    first: B::Device,
    others: Vec<Worker<B, N>>,
}

/// A device besides the first, with the thread that feeds it. It ends when this does.
struct Worker<B: TrainBackend, N> {
    device: B::Device,
    work: Sender<(N, Part)>,
    done: Receiver<Share<B>>,
    thread: Option<JoinHandle<()>>,
}

/// A part's loss and gradients.
type Share<B> = (
    Tensor<<B as burn::tensor::backend::AutodiffBackend>::InnerBackend, 1>,
    GradientsParams,
);

impl<B: TrainBackend, N: Trainable<B>> Replicas<B, N> {
    /// Replicas on `first` and on each of `others`.
    pub(super) fn new(objective: Objective, first: B::Device, others: &[B::Device]) -> Self {
        let others = others
            .iter()
            .map(|device| Worker::start(objective, first.clone(), device.clone()))
            .collect();
        Self {
            objective,
            first,
            others,
        }
    }

    /// Mean loss of the batch, still on the device, and its gradients.
    pub(super) fn gradients(&mut self, net: &N, batch: Batch) -> Share<B> {
        let parts = self.objective.split(batch, 1 + self.others.len());
        let mut parts = parts.into_iter();
        let own = parts.next();
        let mut busy = Vec::new();
        for (worker, part) in self.others.iter_mut().zip(parts) {
            worker.send(net, part);
            busy.push(worker);
        }
        #[expect(clippy::expect_used, reason = "a batch is cut into one part at least")]
        let own = own.expect("a first part");
        let mut share = self.objective.gradients::<B, N>(net, own, &self.first);
        for worker in busy {
            let (loss, gradients) = worker.receive();
            let mut sum = GradientsAccumulator::new();
            sum.accumulate::<B>(net, share.1);
            sum.accumulate::<B>(net, gradients);
            share = (share.0 + loss, sum.grads());
        }
        share
    }
}

impl<B: TrainBackend, N: Trainable<B>> Worker<B, N> {
    fn start(objective: Objective, home: B::Device, device: B::Device) -> Self {
        let (work, inbox) = channel::<(N, Part)>();
        let (outbox, done) = channel();
        let here = device.clone();
        let thread = std::thread::spawn(move || {
            for (net, part) in inbox {
                let (loss, gradients) = objective.gradients::<B, N>(&net, part, &here);
                let share = (
                    loss.to_device(&home),
                    gradients.to_device::<B, N>(&home, &net),
                );
                if outbox.send(share).is_err() {
                    return;
                }
            }
        });
        Self {
            device,
            work,
            done,
            thread: Some(thread),
        }
    }

    /// Sends the parameters of `net` and a part of the batch.
    fn send(&self, net: &N, part: Part) {
        // By way of the inner module, which shares no running statistics with `net`. It has to come back before it
        // moves: an inner parameter forgets in a move that it had a gradient.
        let replica = N::from_inner(net.valid()).fork(&self.device);
        // A thread that is gone is found out when its share is asked for.
        let _ = self.work.send((replica, part));
    }

    /// Its share; when its thread broke off, this one breaks off with the same reason.
    fn receive(&mut self) -> Share<B> {
        match self.done.recv() {
            Ok(share) => share,
            Err(closed) => match self.thread.take().map(JoinHandle::join) {
                Some(Err(reason)) => std::panic::resume_unwind(reason),
                _ => std::panic::resume_unwind(Box::new(closed.to_string())),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Objective, Replicas};
    use crate::models::find;
    use crate::train::batch::Batch;
    use crate::train::optimizer::stepper;
    use burn::module::{AutodiffModule, Module, ModuleVisitor, Param};
    use burn::optim::GradientsParams;
    use burn::tensor::activation::log_softmax;
    use burn::tensor::backend::Backend;
    use burn::tensor::{Tensor, TensorData};
    use needledrop_bundle::Window;
    use needledrop_networks::crnn::Crnn;
    use needledrop_networks::mil::Mil;
    use needledrop_networks::nn::{Dropout, Network, Pass, Size, Trainable};
    use needledrop_networks::order::{generator, uniform};
    use needledrop_networks::parallel_cnn_rnn::ParallelCnnRnn;
    use needledrop_networks::{Input, Pool, Preset, Settings};

    type B = burn::backend::Autodiff<burn_flex::Flex>;

    const CLASSES: usize = 3;
    const INPUT: Input = Input::log_mel(Window {
        frames: 64,
        hop: 32,
        bands: 40,
    });
    const SIZE: Size = Size::of(&INPUT, CLASSES);

    fn settings() -> Settings {
        Settings {
            dropout: 0.3,
            ..find("mil").unwrap().settings(Preset::Article)
        }
    }

    fn batch(bags: usize, input: &Input) -> Batch {
        let mut rng = generator(9, 9, 9, 9);
        let x = (0..bags * input.values()).map(|_| uniform(&mut rng, -1.0, 1.0));
        let x = x.collect();
        let targets =
            (0..bags * CLASSES).map(|at| f32::from(at % CLASSES == at / CLASSES % CLASSES));
        Batch {
            step: 0,
            x,
            targets: targets.collect(),
            chance: rng,
        }
    }

    /// Every value of a module, running statistics too.
    fn values<M: Backend>(module: &impl Module<M>) -> Vec<f32> {
        struct All(Vec<f32>);
        impl<M: Backend> ModuleVisitor<M> for All {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<M, D>>) {
                self.0.extend(param.val().into_data().iter::<f32>());
            }
        }
        let mut all = All(Vec::new());
        module.visit(&mut all);
        all.0
    }

    /// The loss, and the network after a step on so many replicas.
    fn step<N: Trainable<B>>(
        net: &N,
        input: Input,
        bags: usize,
        replicas: usize,
    ) -> (f32, Vec<f32>) {
        let objective = Objective::new(input, CLASSES, &settings());
        let devices = vec![Default::default(); replicas - 1];
        let mut replicas = Replicas::<B, N>::new(objective, Default::default(), &devices);
        // By way of the inner module: clones share their running statistics.
        let net = N::from_inner(net.valid());
        let (loss, gradients) = replicas.gradients(&net, batch(bags, &input));
        let net = stepper::<B, N>(&settings()).step(0.1, net, gradients);
        (loss.into_scalar(), values(&net.valid()))
    }

    fn parallel() -> ParallelCnnRnn<B> {
        ParallelCnnRnn::new(SIZE, &mut generator(1, 0, 0, 0), &Default::default())
    }

    #[test]
    fn replicas_take_the_step_of_one_device_together() {
        fn check<N: Trainable<B>>(net: &N, input: Input) {
            let before = values(&net.valid());
            let (loss, after) = step(net, input, 5, 1);
            let moved = before.iter().zip(&after).map(|(a, b)| (a - b).abs());
            let moved = moved.fold(0.0, f32::max);
            assert!(
                moved > 1e-3,
                "a step that is none compares nothing: {moved}"
            );
            // Two parts of unequal size, and more devices than there are bags.
            for replicas in [2, 3, 7] {
                let (shared_loss, shared) = step(net, input, 5, replicas);
                assert!((loss - shared_loss).abs() <= 1e-5, "{loss} {shared_loss}");
                for (at, (one, many)) in after.iter().zip(&shared).enumerate() {
                    assert!(
                        (one - many).abs() <= 1e-5 * moved.max(1.0),
                        "value {at} of {}, {replicas} replicas: {one} {many}",
                        after.len()
                    );
                }
            }
        }
        check(&parallel(), INPUT);
        let mil = Mil::new(
            SIZE,
            Pool::Attention,
            &mut generator(1, 0, 0, 0),
            &Default::default(),
        );
        check(&mil, Input { bag: 3, ..INPUT });
    }

    #[test]
    fn one_replica_is_plain_training_to_the_bit() {
        let net = parallel();
        let batch = batch(4, &INPUT);
        let shape = [4, INPUT.window.frames, INPUT.window.bands];
        let x = Tensor::<B, 3>::from_data(TensorData::new(batch.x, shape), &Default::default());
        let targets = TensorData::new(batch.targets, [4, CLASSES]);
        let targets = Tensor::<B, 2>::from_data(targets, &Default::default());
        let dropout = Dropout::new(settings().dropout, batch.chance);
        let loss = (log_softmax(net.logits(x, &mut Pass::training(dropout)), 1) * targets)
            .sum()
            .neg()
            / 4.0;
        let value = loss.clone().into_scalar();
        let gradients = GradientsParams::from_grads(loss.backward(), &net);
        let plain = stepper::<B, _>(&settings()).step(0.1, net, gradients);
        assert_eq!(
            step(&parallel(), INPUT, 4, 1),
            (value, values(&plain.valid()))
        );
    }

    #[test]
    fn running_statistics_are_the_first_replicas() {
        let input = INPUT;
        let net = || Crnn::<B>::new(SIZE, &mut generator(1, 0, 0, 0), &Default::default());
        let means = |net: &Crnn<B>| -> Vec<Vec<f32>> {
            let norms = net.norms.iter();
            norms
                .map(|norm| norm.mean.value_sync().into_data().iter().collect())
                .collect()
        };
        let after = |replicas: usize, bags: usize| {
            let net = net();
            let devices = vec![Default::default(); replicas - 1];
            let objective = Objective::new(input, CLASSES, &settings());
            let mut replicas = Replicas::<B, _>::new(objective, Default::default(), &devices);
            let mut batch = batch(6, &input);
            batch.x.truncate(bags * input.values());
            batch.targets.truncate(bags * CLASSES);
            replicas.gradients(&net, batch);
            // The first layer's: dropout, whose masks a smaller batch shifts, comes behind it.
            means(&net).swap_remove(0)
        };
        assert_eq!(after(2, 6), after(1, 3));
        assert_ne!(after(2, 6), after(1, 6));
    }
}
