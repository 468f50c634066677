//! The plots, as SVG.

use std::fmt::Write;
use std::path::Path;

use plotters::prelude::*;

use super::tables::{SCALES, Scale, find, is_ours};
use crate::Result;
use crate::record::Record;

const SIZE: (u32, u32) = (720, 420);

pub fn write(page: &mut String, folder: &Path, records: &[Record]) -> Result<()> {
    writeln!(page, "\n## Plots\n")?;
    for workload in ["get32", "set32", "mget100", "mset100", "tasks64"] {
        let file = format!("{workload}.svg");
        if bars(&folder.join(&file), workload, records)? {
            writeln!(
                page,
                "![{workload}: µs a call, over the Unix socket]({file})"
            )?;
        }
    }
    for scale in SCALES {
        let file = format!("scaling-{}.svg", scale.name);
        if scaling(&folder.join(&file), &scale, records)? {
            writeln!(page, "![µs a call against {}]({file})", scale.unit)?;
        }
    }
    Ok(())
}

/// How long each takes for a call, the best first; with a scale of powers, for some take 30 times as long.
fn bars(path: &Path, workload: &str, records: &[Record]) -> Result<bool> {
    let mut times: Vec<(&str, f64)> = records
        .iter()
        .filter(|record| {
            record.workload == workload && record.transport == "unix" && record.what == "us"
        })
        .map(|record| (record.who.as_str(), record.number))
        .collect();
    times.sort_by(|a, b| a.1.total_cmp(&b.1));
    let (Some((_, least)), Some((_, most))) = (times.first().copied(), times.last().copied())
    else {
        return Ok(false);
    };
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let (from, to) = (least * 0.5, most * 2.0);
    let mut chart = ChartBuilder::on(&area)
        .caption(
            format!("{workload}, Unix socket: µs a call"),
            ("sans-serif", 18),
        )
        .margin(12)
        .x_label_area_size(28)
        .build_cartesian_2d((from..to).log_scale(), 0.0..times.len() as f64)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .max_light_lines(0)
        .disable_y_axis()
        .x_label_formatter(&|us| format!("{us:.1}"))
        .draw()?;
    for (place, (who, us)) in times.iter().enumerate() {
        let top = (times.len() - place) as f64;
        let colour = if is_ours(who) {
            BLUE.mix(0.7)
        } else {
            BLACK.mix(0.25)
        };
        chart.draw_series([Rectangle::new(
            [(from, top - 0.85), (*us, top - 0.15)],
            colour.filled(),
        )])?;
        let text = format!("{who}  {us:.2}");
        chart.draw_series([Text::new(
            text,
            (from * 1.05, top - 0.2),
            ("sans-serif", 13),
        )])?;
    }
    area.present()?;
    Ok(true)
}

/// Microseconds against the size, for the limit and for ours.
fn scaling(path: &Path, scale: &Scale, records: &[Record]) -> Result<bool> {
    let Scale { name, unit, points } = scale;
    let whos = match *name {
        "tasks" => [
            "limit, shared",
            "minimc, shared by tasks",
            "async-memcached, one a task",
        ],
        _ => ["limit", "minimc", "async-memcached"],
    };
    let line = |who: &str| -> Vec<(f64, f64)> {
        let times = points.iter().filter_map(|(count, workload)| {
            Some((*count as f64, find(records, workload, "unix", who, "us")?))
        });
        times.collect()
    };
    let lines: Vec<(&str, Vec<(f64, f64)>)> = whos.iter().map(|who| (*who, line(who))).collect();
    let all = || lines.iter().flat_map(|(_, line)| line.iter().copied());
    let least = all().map(|(_, us)| us).fold(f64::MAX, f64::min);
    let most = all().map(|(_, us)| us).fold(0.0, f64::max);
    let last = points.last().map_or(1, |(count, _)| *count) as f64;
    if most == 0.0 {
        return Ok(false);
    }
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(format!("µs a call against {unit}"), ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(28)
        .y_label_area_size(56)
        .build_cartesian_2d(
            (1.0..last).log_scale(),
            (least * 0.8..most * 1.25).log_scale(),
        )?;
    chart
        .configure_mesh()
        .max_light_lines(0)
        .x_label_formatter(&|x| format!("{x}"))
        .draw()?;
    for ((who, line), colour) in lines.into_iter().zip([BLACK, BLUE, RED]) {
        let series = chart.draw_series(LineSeries::new(line, colour.stroke_width(2)))?;
        series
            .label(who)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour));
    }
    chart
        .configure_series_labels()
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK)
        .draw()?;
    area.present()?;
    Ok(true)
}
