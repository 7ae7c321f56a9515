//! Properties: any chunking gives the same bits, streaming equals batch, nothing overflows for any PCM.

use needledrop_frontend::{
    ConfigError, FLOOR_DB_Q8, FftKind, FrontendConfig, FrontendId, LogMel, MelNorm, MelScale,
    PcmFrontend, Resampler,
};
use proptest::prelude::*;

/// PCM that is noise at some level, a constant, a square or a lone impulse: what strains headroom.
fn pcm(samples: std::ops::Range<usize>) -> impl Strategy<Value = Vec<i16>> {
    let extreme = prop_oneof![
        Just(i16::MIN),
        Just(i16::MAX),
        Just(0),
        Just(1),
        any::<i16>()
    ];
    prop_oneof![
        (
            prop::collection::vec(any::<i16>(), samples.clone()),
            0u32..16
        )
            .prop_map(|(pcm, quieter)| pcm.into_iter().map(|x| x >> quieter).collect()),
        (extreme.clone(), samples.clone()).prop_map(|(x, n)| vec![x; n]),
        (
            extreme.clone(),
            extreme.clone(),
            1usize..700,
            samples.clone()
        )
            .prop_map(|(a, b, half_period, n)| (0..n)
                .map(|i| if (i / half_period) % 2 == 0 { a } else { b })
                .collect()),
        (extreme, samples.clone(), any::<prop::sample::Index>()).prop_map(|(x, n, at)| {
            let mut pcm = vec![0; n];
            if n > 0 {
                pcm[at.index(n)] = x;
            }
            pcm
        }),
    ]
}

fn chunks(pcm: &[i16], sizes: &[usize]) -> Vec<Vec<i16>> {
    let mut rest = pcm;
    let mut out = Vec::new();
    for &size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (chunk, tail) = rest.split_at(size.min(rest.len()));
        out.push(chunk.to_vec());
        rest = tail;
    }
    out
}

/// Small configurations, so that many cases run.
fn config() -> impl Strategy<Value = FrontendConfig> {
    (
        prop_oneof![
            Just(256usize),
            Just(512),
            Just(1024),
            Just(2048),
            Just(4096)
        ],
        1usize..=100,
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(n_fft, hop_percent, htk, norm, micro)| FrontendConfig {
            n_fft,
            hop_samples: (n_fft * hop_percent / 100).max(1),
            mel_bands: 20,
            mel_scale: if htk { MelScale::Htk } else { MelScale::Slaney },
            mel_norm: if norm { MelNorm::Slaney } else { MelNorm::None },
            fft: if micro {
                FftKind::Micro
            } else {
                FftKind::Fixed
            },
            ..FrontendConfig::SEED
        })
        .prop_filter("every band holds a bin", |config| config.check().is_ok())
}

proptest! {
    #[test]
    fn any_chunking_gives_the_same_frames(
        config in config(),
        pcm in pcm(0..9000),
        sizes in prop::collection::vec(1usize..3000, 1..8),
    ) {
        let mut log_mel = LogMel::new(&config).expect("checked");
        let mut whole = Vec::new();
        log_mel.push(&pcm, |frame| whole.push(frame.to_vec()));
        prop_assert_eq!(whole.len(), config.frames(pcm.len()));
        log_mel.reset();
        let mut pieces = Vec::new();
        for chunk in chunks(&pcm, &sizes) {
            log_mel.push(&chunk, |frame| pieces.push(frame.to_vec()));
        }
        prop_assert_eq!(&whole, &pieces);
        // Streaming equals batch: each frame is what its own samples give alone.
        for (k, frame) in whole.iter().enumerate().take(3) {
            log_mel.reset();
            let start = k * config.hop_samples;
            log_mel.push(&pcm[start..start + config.n_fft], |alone| assert_eq!(alone, frame));
        }
        prop_assert!(whole.iter().flatten().all(|&db| (FLOOR_DB_Q8..=80 * 256).contains(&db)));
    }

    #[test]
    fn any_chunking_resamples_the_same(
        pcm in pcm(0..4000),
        rates in prop::sample::select(vec![
            (44_100, 22_050), (48_000, 16_000), (11_025, 22_050), (22_050, 22_050), (8_000, 12_000), (96_000, 16_000),
        ]),
        sizes in prop::collection::vec(1usize..1500, 1..8),
    ) {
        let (input_hz, output_hz) = rates;
        let mut resampler = Resampler::new(input_hz, output_hz).expect("a supported ratio");
        let mut whole = Vec::new();
        resampler.push(&pcm, |out| whole.extend_from_slice(out));
        resampler.finish(|out| whole.extend_from_slice(out));
        let expected = (pcm.len() as u64 * u64::from(output_hz)).div_ceil(u64::from(input_hz));
        prop_assert_eq!(whole.len() as u64, expected);
        let mut pieces = Vec::new();
        for chunk in chunks(&pcm, &sizes) {
            resampler.push(&chunk, |out| pieces.extend_from_slice(out));
        }
        resampler.finish(|out| pieces.extend_from_slice(out));
        prop_assert_eq!(&whole, &pieces);
        if input_hz == output_hz {
            prop_assert_eq!(&whole, &pcm);
        }
    }

    #[test]
    fn an_id_survives_text(bytes in any::<[u8; 8]>()) {
        let id = FrontendId(bytes);
        prop_assert_eq!(id.to_string().parse(), Ok(id));
    }
}

#[test]
fn files_and_live_agree() {
    let config = FrontendConfig::COMPACT;
    let pcm: Vec<i16> = (0..50_000u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 17) as i16)
        .collect();
    let mut frontend = PcmFrontend::new(&config, 44_100).expect("a supported ratio");
    let mut file = Vec::new();
    frontend.push(&pcm, |frame| file.push(frame.to_vec()));
    frontend.finish(|frame| file.push(frame.to_vec()));
    let mut live = Vec::new();
    for callback in pcm.chunks(441) {
        frontend.push(callback, |frame| live.push(frame.to_vec()));
    }
    frontend.finish(|frame| live.push(frame.to_vec()));
    assert_eq!(file, live);
    let at_model_rate = (pcm.len() * config.sample_rate_hz as usize).div_ceil(44_100);
    assert_eq!(file.len(), config.frames(at_model_rate));
}

#[test]
fn configuration_errors_say_what_and_what_next() {
    let said = |config: FrontendConfig| config.check().expect_err("invalid").to_string();
    let seed = FrontendConfig::SEED;
    assert_eq!(
        said(FrontendConfig {
            hop_samples: 2049,
            ..seed
        }),
        "hop longer than the window: 2049 samples against 2048; shorten the hop or take a longer FFT"
    );
    assert_eq!(
        said(FrontendConfig {
            f_max_hz: 12_000.0,
            ..seed
        }),
        "f_max above Nyquist: 12000 Hz against 11025 Hz; lower f_max"
    );
    assert_eq!(
        said(FrontendConfig {
            n_fft: 256,
            hop_samples: 64,
            ..seed
        }),
        "band 0 holds no bin: fewer bands or a longer FFT (now 128 bands, 256 points)"
    );
    assert!(matches!(
        FrontendConfig {
            n_fft: 1000,
            ..seed
        }
        .check(),
        Err(ConfigError::FftLength { n_fft: 1000 })
    ));
    assert!(
        FrontendConfig {
            f_max_hz: f64::NAN,
            ..seed
        }
        .check()
        .is_err()
    );
    assert!(
        FrontendConfig {
            f_min_hz: f64::NAN,
            ..seed
        }
        .check()
        .is_err()
    );
    assert!(
        FrontendConfig {
            f_min_hz: 11_025.0,
            ..seed
        }
        .check()
        .is_err()
    );
    assert!(
        FrontendConfig {
            hop_samples: 0,
            ..seed
        }
        .check()
        .is_err()
    );
    assert!(
        FrontendConfig {
            mel_bands: 129,
            ..seed
        }
        .check()
        .is_err()
    );
    assert!(
        FrontendConfig {
            sample_rate_hz: 1,
            f_max_hz: 0.5,
            ..seed
        }
        .check()
        .is_err()
    );
    assert!(Resampler::new(44_101, 22_050).is_err());
    assert!(Resampler::new(192_000, 4_000).is_err());
}

#[test]
fn identities_differ_and_repeat() {
    let mut ids: Vec<FrontendId> = FrontendConfig::PRESETS
        .iter()
        .flat_map(|&(_, config)| {
            [
                config,
                FrontendConfig {
                    fft: FftKind::Micro,
                    ..config
                },
            ]
        })
        .map(|config| config.id().expect("a preset is valid"))
        .collect();
    assert_eq!(
        ids[0],
        FrontendConfig::SEED.id().expect("a preset is valid")
    );
    ids.sort_by_key(|id| id.0);
    ids.dedup();
    assert_eq!(ids.len(), 2 * FrontendConfig::PRESETS.len());
}

#[cfg(feature = "serde")]
#[test]
fn configuration_and_identity_survive_json() {
    for (_, config) in FrontendConfig::PRESETS {
        let text = serde_json::to_string(&config).expect("plain data");
        assert_eq!(
            serde_json::from_str::<FrontendConfig>(&text).expect("our own text"),
            config
        );
        let id = config.id().expect("a preset is valid");
        let text = serde_json::to_string(&id).expect("a string");
        assert_eq!(text, format!("\"{id}\""));
        assert_eq!(
            serde_json::from_str::<FrontendId>(&text).expect("our own text"),
            id
        );
    }
    assert!(serde_json::from_str::<FrontendId>("\"8B2674DB148D2585\"").is_err());
    assert!(serde_json::from_str::<FrontendConfig>("{\"sample_rate_hz\": 22050}").is_err());
}
