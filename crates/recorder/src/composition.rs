//! One video of all: what is shown when and where, and what `ffmpeg` is asked for. No disk, no clock and no process.
//!
//! A meeting falls into **scenes**: times in which the same tracks have pictures. Each scene is made by itself, of those tracks alone, and
//! all are put behind each other without being made again. One command for a whole meeting would decode and scale every track for all of
//! it, also where nobody sees it, and would have as many inputs as files.
//!
//! Scenes begin and end on the frames of what comes out, so nothing is lost or doubled between two of them. A track whose sender pauses
//! shows its last picture, as in the player; so a scene begins to read at the keyframe before it.
//!
//! A screen that is shared is large, and cameras are beside it; without one, cameras are a grid. Who speaks is not larger: a layout that
//! changes with every word is made for those who can look away.

use std::fmt::Write as _;

use media::Source;

use crate::limits::{COMPOSED_BITS_PER_SECOND, COMPOSED_THREADS, TILES_MAX};

/// Pictures in a second of what comes out, and how large they are.
const FRAMES_PER_SECOND: i64 = 25;
const FRAME_US: i64 = 1_000_000 / FRAMES_PER_SECOND;
const WIDTH: u32 = 1_280;
const HEIGHT: u32 = 720;
/// How wide what is shared is, where cameras are beside it.
const SHARED_WIDTH: u32 = 960;

/// The list of scenes, as `ffmpeg` reads it.
pub(crate) const LIST: &str = "scenes.txt";

/// A track of pictures, by the recording's axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) name: String,
    pub(crate) source: Source,
    pub(crate) start_us: i64,
    pub(crate) end_us: i64,
}

/// A place in the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Area {
    x: u32,
    y: u32,
    width: u32,
    height: u32,
}

/// A time in which the same tracks are shown, in frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scene {
    start: i64,
    frames: i64,
    /// Numbers of tracks, and where each is.
    tiles: Vec<(usize, Area)>,
}

const WHOLE: Area = Area {
    x: 0,
    y: 0,
    width: WIDTH,
    height: HEIGHT,
};

/// What is shown of these tracks from the beginning of the axis on. There is at least one scene, of at least one frame.
pub(crate) fn scenes(tracks: &[Shown], duration_us: i64) -> Vec<Scene> {
    // A frame shows what there was when it began.
    let frame = |at_us: i64| at_us.div_euclid(FRAME_US) + i64::from(at_us.rem_euclid(FRAME_US) > 0);
    let end = frame(duration_us).max(1);
    let spans: Vec<(i64, i64)> = tracks
        .iter()
        .map(|track| (frame(track.start_us).clamp(0, end), frame(track.end_us).clamp(0, end)))
        .collect();
    let mut bounds: Vec<i64> = spans
        .iter()
        .flat_map(|(from, to)| [*from, *to])
        .chain([0, end])
        .collect();
    bounds.sort_unstable();
    bounds.dedup();
    let mut scenes: Vec<Scene> = vec![];
    for bound in bounds.windows(2) {
        let (from, to) = (bound[0], bound[1]);
        let is_shown = |number: &usize| spans[*number].0 <= from && to <= spans[*number].1;
        let shown: Vec<usize> = (0..tracks.len()).filter(is_shown).collect();
        let tiles = laid_out(tracks, &shown);
        match scenes.last_mut() {
            Some(last) if last.tiles == tiles => last.frames += to - from,
            _ => scenes.push(Scene {
                start: from,
                frames: to - from,
                tiles,
            }),
        }
    }
    scenes
}

/// Where each of these tracks is. Of more than there is place for, the first ones.
fn laid_out(tracks: &[Shown], shown: &[usize]) -> Vec<(usize, Area)> {
    let (mut screens, mut cameras): (Vec<usize>, Vec<usize>) = shown
        .iter()
        .partition(|number| tracks[**number].source == Source::Screen);
    screens.truncate(TILES_MAX);
    cameras.truncate(TILES_MAX - screens.len());
    let (large, beside) = match (screens.is_empty(), cameras.is_empty()) {
        (false, false) => (
            Area {
                width: SHARED_WIDTH,
                ..WHOLE
            },
            Area {
                x: SHARED_WIDTH,
                width: WIDTH - SHARED_WIDTH,
                ..WHOLE
            },
        ),
        _ => (WHOLE, WHOLE),
    };
    let places = grid(large, screens.len())
        .into_iter()
        .chain(grid(beside, cameras.len()));
    screens.into_iter().chain(cameras).zip(places).collect()
}

/// So many places of one size in an area, with as many columns as make pictures of 16 by 9 the largest, rather beside each other than below. The last row is in the middle.
fn grid(area: Area, count: usize) -> Vec<Area> {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    let even = |length: u32| length & !1;
    let cell = |columns: u32| (even(area.width / columns), even(area.height / count.div_ceil(columns)));
    let picture_width = |columns: &u32| {
        let (width, height) = cell(*columns);
        (width.min(height * 16 / 9), *columns)
    };
    let Some(columns) = (1..=count).max_by_key(picture_width) else {
        return vec![];
    };
    let (width, height) = cell(columns);
    let place = |number: u32| {
        let (row, column) = (number / columns, number % columns);
        let in_row = columns.min(count - row * columns);
        Area {
            x: area.x + even((area.width - in_row * width) / 2) + column * width,
            y: area.y + row * height,
            width,
            height,
        }
    };
    (0..count).map(place).collect()
}

impl Scene {
    /// How long it is.
    pub(crate) fn duration_us(&self) -> i64 {
        self.frames * FRAME_US
    }

    /// What `ffmpeg` is asked for to make it.
    pub(crate) fn arguments(&self, tracks: &[Shown], file: &str) -> Vec<String> {
        let mut arguments = preamble();
        for (track, _) in &self.tiles {
            let track = &tracks[*track];
            let since_us = (self.start * FRAME_US - track.start_us).max(0);
            // From the keyframe before: the filter drops what is earlier, but for the last picture, which may stand for long. A picture
            // that changes its size must not begin the scene anew.
            arguments.extend(words(
                "-protocol_whitelist file -f matroska -reinit_filter 0 -noaccurate_seek -ss",
            ));
            arguments.extend([seconds(since_us), "-i".to_owned(), track.name.clone()]);
        }
        arguments.extend(["-filter_complex".to_owned(), self.graph()]);
        arguments.extend(words("-map [out] -an -frames:v"));
        arguments.push(self.frames.to_string());
        arguments.extend(words(
            "-c:v libx264 -preset veryfast -crf 27 -pix_fmt yuv420p -video_track_timescale 12800",
        ));
        arguments.extend(["-threads".to_owned(), COMPOSED_THREADS.to_string()]);
        arguments.extend(["-maxrate".to_owned(), COMPOSED_BITS_PER_SECOND.to_string()]);
        arguments.extend(["-bufsize".to_owned(), COMPOSED_BITS_PER_SECOND.to_string()]);
        arguments.extend(["-fs".to_owned(), composed_bytes(self.duration_us()).to_string()]);
        arguments.extend(["-f".to_owned(), "mp4".to_owned(), file.to_owned()]);
        arguments
    }

    fn graph(&self) -> String {
        let mut graph = format!(
            "color=c=black:s={WIDTH}x{HEIGHT}:r={FRAMES_PER_SECOND}:d={}[all0]",
            seconds(self.duration_us())
        );
        for (number, (_, area)) in self.tiles.iter().enumerate() {
            let Area { x, y, width, height } = area;
            write!(
                graph,
                ";[{number}:v]fps={FRAMES_PER_SECOND}:start_time=0,\
                 scale={width}:{height}:force_original_aspect_ratio=decrease:force_divisible_by=2,setsar=1[tile{number}];\
                 [all{number}][tile{number}]overlay=x={x}+({width}-w)/2:y={y}+({height}-h)/2:eval=frame:eof_action=repeat[all{}]",
                number + 1
            )
            .expect("a string");
        }
        graph + &format!(";[all{}]format=yuv420p[out]", self.tiles.len())
    }
}

/// What `ffmpeg` is asked for to put all scenes behind each other, with the sound of all, if there is any.
pub(crate) fn joined(sound: Option<&str>, duration_us: i64, file: &str) -> Vec<String> {
    let mut arguments = preamble();
    arguments.extend(words("-protocol_whitelist file -f concat -safe 1 -i"));
    arguments.push(LIST.to_owned());
    if let Some(sound) = sound {
        arguments.extend(words("-protocol_whitelist file -f wav -i"));
        arguments.push(sound.to_owned());
    }
    arguments.extend(words("-map 0:v -c:v copy"));
    if sound.is_some() {
        arguments.extend(words("-map 1:a -c:a aac -b:a 96k"));
    }
    arguments.extend(["-fs".to_owned(), composed_bytes(duration_us).to_string()]);
    arguments.extend(words("-movflags +faststart -f mp4"));
    arguments.push(file.to_owned());
    arguments
}

/// The list of scenes, one file after the other.
pub(crate) fn list(files: &[String]) -> String {
    files.iter().flat_map(|file| ["file '", file, "'\n"]).collect()
}

/// How many bytes so much of a meeting has at the most, and some for its head.
pub(crate) fn composed_bytes(duration_us: i64) -> u64 {
    const HEAD_BYTES: u64 = 4 << 20;
    let seconds = duration_us.unsigned_abs().div_ceil(1_000_000);
    HEAD_BYTES + seconds * (COMPOSED_BITS_PER_SECOND + 128_000) / 8
}

/// How far it is, of a line by which `ffmpeg` says so.
pub(crate) fn progress_us(line: &str) -> Option<i64> {
    line.strip_prefix("out_time_us=")?.trim().parse().ok()
}

/// It asks nothing, says nothing but mistakes and how far it is, and takes the place of what was there.
fn preamble() -> Vec<String> {
    words("-nostdin -y -v error -progress pipe:1")
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn seconds(us: i64) -> String {
    format!("{}.{:06}", us / 1_000_000, us % 1_000_000)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Tracks as `camera 0-10`, in seconds.
    fn tracks(text: &str) -> Vec<Shown> {
        let track = |(number, words): (usize, &str)| {
            let (source, span) = words.trim().split_once(' ').unwrap();
            let (start, end) = span.split_once('-').unwrap();
            let us = |text: &str| {
                let us = Duration::from_secs_f64(text.parse().unwrap()).as_micros();
                i64::try_from(us).unwrap()
            };
            Shown {
                name: format!("{number:04}-{source}.webm"),
                source: crate::log::source_of(source).unwrap(),
                start_us: us(start),
                end_us: us(end),
            }
        };
        let texts = text.split(',').filter(|text| !text.is_empty());
        texts.enumerate().map(track).collect()
    }

    #[test]
    fn what_is_shown_when_and_where() {
        let check = |text: &str, duration_s: i64, expected: &[&str]| {
            let all = scenes(&tracks(text), duration_s * 1_000_000);
            let told: Vec<String> = all
                .iter()
                .map(|scene| {
                    let tiles = scene
                        .tiles
                        .iter()
                        .map(|(track, Area { x, y, width, height })| format!(" {track}:{width}x{height}+{x}+{y}"));
                    format!("{}+{}{}", scene.start, scene.frames, tiles.collect::<String>())
                })
                .collect();
            assert_eq!(told, expected, "{text}");
            let frames: i64 = all.iter().map(|scene| scene.frames).sum();
            assert_eq!(frames, (duration_s * 25).max(1), "nothing is left out");
        };
        check("", 0, &["0+1"]);
        check("", 4, &["0+100"]);
        check("camera 0-4", 4, &["0+100 0:1280x720+0+0"]);
        check("camera 1.01-3", 4, &["0+26", "26+49 0:1280x720+0+0", "75+25"]);
        check(
            "camera 0-4,camera 2-4",
            4,
            &["0+50 0:1280x720+0+0", "50+50 0:640x720+0+0 1:640x720+640+0"],
        );
        check(
            "camera 0-1,camera 0-1,camera 0-1",
            1,
            &["0+25 0:640x360+0+0 1:640x360+640+0 2:640x360+320+360"],
        );
        check(
            "camera 0-2,screen 1-2",
            2,
            &["0+25 0:1280x720+0+0", "25+25 1:960x720+0+0 0:320x720+960+0"],
        );
        check("screen 0-1", 1, &["0+25 0:1280x720+0+0"]);
        // One encoding after the other, of the same person: another track, in the same place.
        check(
            "camera 0-1,camera 1-2",
            2,
            &["0+25 0:1280x720+0+0", "25+25 1:1280x720+0+0"],
        );
        // What is outside of the axis, or shorter than a frame, is not seen.
        check("camera 0.001-0.002,camera 5-9", 2, &["0+50"]);
    }

    #[test]
    fn no_more_are_shown_than_can_be_told_apart() {
        let text = vec!["camera 0-1"; 40].join(",");
        let all = scenes(&tracks(&text), 1_000_000);
        assert_eq!(all[0].tiles.len(), TILES_MAX);
        for (_, area) in &all[0].tiles {
            assert!(
                area.x + area.width <= WIDTH && area.y + area.height <= HEIGHT,
                "{area:?}"
            );
        }
    }

    #[test]
    fn what_is_asked_for() {
        let tracks = tracks("camera 0-4,screen 2-4");
        let all = scenes(&tracks, 4_000_000);
        assert_eq!(
            all[1].arguments(&tracks, "scene-0001.mp4").join(" "),
            "-nostdin -y -v error -progress pipe:1 \
             -protocol_whitelist file -f matroska -reinit_filter 0 -noaccurate_seek -ss 0.000000 -i 0001-screen.webm \
             -protocol_whitelist file -f matroska -reinit_filter 0 -noaccurate_seek -ss 2.000000 -i 0000-camera.webm \
             -filter_complex color=c=black:s=1280x720:r=25:d=2.000000[all0];\
             [0:v]fps=25:start_time=0,scale=960:720:force_original_aspect_ratio=decrease:force_divisible_by=2,setsar=1[tile0];\
             [all0][tile0]overlay=x=0+(960-w)/2:y=0+(720-h)/2:eval=frame:eof_action=repeat[all1];\
             [1:v]fps=25:start_time=0,scale=320:720:force_original_aspect_ratio=decrease:force_divisible_by=2,setsar=1[tile1];\
             [all1][tile1]overlay=x=960+(320-w)/2:y=0+(720-h)/2:eval=frame:eof_action=repeat[all2];\
             [all2]format=yuv420p[out] \
             -map [out] -an -frames:v 50 \
             -c:v libx264 -preset veryfast -crf 27 -pix_fmt yuv420p -video_track_timescale 12800 \
             -threads 2 -maxrate 4000000 -bufsize 4000000 -fs 5226304 -f mp4 scene-0001.mp4"
        );
        assert_eq!(
            joined(Some("mix.wav"), 4_000_000, "meeting.mp4").join(" "),
            "-nostdin -y -v error -progress pipe:1 -protocol_whitelist file -f concat -safe 1 -i scenes.txt \
             -protocol_whitelist file -f wav -i mix.wav -map 0:v -c:v copy -map 1:a -c:a aac -b:a 96k \
             -fs 6258304 -movflags +faststart -f mp4 meeting.mp4"
        );
        let silent = joined(None, 4_000_000, "meeting.mp4").join(" ");
        assert!(!silent.contains("wav") && !silent.contains("1:a"), "{silent}");
        assert_eq!(
            list(&["a.mp4".to_owned(), "b.mp4".to_owned()]),
            "file 'a.mp4'\nfile 'b.mp4'\n"
        );
    }

    #[test]
    fn how_far_it_is() {
        assert_eq!(progress_us("out_time_us=1500000"), Some(1_500_000));
        for other in ["out_time_us=N/A", "out_time=00:00:01.5", "progress=end", ""] {
            assert_eq!(progress_us(other), None, "{other}");
        }
    }
}
