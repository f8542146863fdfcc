"""Executed notebook -> one HTML file that a stakeholder can read anywhere.

    blocks    what a cell shows, read from its MIME bundles
    run       what the runner recorded about the run
    page      the notebook as a page: headline, lead chart, sections, appendix
    prose     Markdown -> safe HTML
    svg       a chart's SVG -> safe, inline SVG
    render    the page -> HTML, through `templates/` and `style/`
    exporter  the same as an nbconvert exporter

Only `exporter` loads nbconvert; `render.render_report` does without it.
"""
