#include "app/report_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/report_tables.h"

namespace dn::app {
namespace {

constexpr std::string_view kPageStyle =
    "*{box-sizing:border-box}html{-webkit-text-size-adjust:100%}\n"
    "body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.45 var(--font)}\n"
    "main{max-width:812px;margin:0 auto;padding:20px 16px 48px}\n"
    "h1{font-size:24px;margin:0 0 4px}h2{font-size:20px;margin:40px 0 4px;overflow-wrap:anywhere}h3{font-size:15px;margin:24px 0 6px}\n"
    "p{margin:4px 0}.dim{color:var(--dim)}.small{font-size:13px}.bad{color:var(--bad)}.good{color:var(--good)}.warn{color:var(--warn)}\n"
    "p,td.w{overflow-wrap:anywhere}\n"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:8px;margin:14px 0}\n"
    ".tiles div{background:var(--card);border:1px solid var(--rule);border-radius:6px;padding:8px 10px;min-width:0}\n"
    ".tiles dt{font-size:12px;color:var(--dim)}.tiles dd{margin:2px 0 0;font-weight:600;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}\n"
    "dl{margin:0}figure{margin:18px 0 0;padding:12px;border:1px solid var(--rule);border-radius:6px;break-inside:avoid}\n"
    "figcaption{font-size:12px;color:var(--dim);margin-top:6px}svg{display:block;max-width:100%;height:auto}svg.narrow{display:none}\n"
    ".scroll{overflow-x:auto;margin-top:8px}table{border-collapse:collapse;font-size:13px;width:100%;font-variant-numeric:tabular-nums}\n"
    "th{text-align:left;font-weight:600;color:var(--dim)}th,td{padding:4px 12px 4px 0;border-bottom:1px solid var(--rule);vertical-align:top}\n"
    "td{white-space:nowrap}th{vertical-align:bottom}td.n,th.n{text-align:right}td.w{white-space:normal;min-width:220px}a{color:var(--buy)}\n"
    "@media (min-width:960px){main>.scroll{width:max-content;min-width:100%;max-width:calc(50vw + 374px)}}\n"  // the overview may reach to the right edge
    "@media (max-width:640px){svg.wide{display:none}svg.narrow{display:block}main{padding:14px 10px 40px}figure{padding:8px 6px}}\n"
    "@media print{body{font-size:12px}main{max-width:none;padding:0}svg.wide{display:block}svg.narrow{display:none}section+section{break-before:page}"
    ".scroll{overflow:visible}table{font-size:10px}}\n";

// A figure with the picture for wide and for narrow windows.
std::string figure(PlotKind kind, const TaskReport& r) {
  const Plot wide = draw_plot(kind, r, kWide);
  const Plot narrow = draw_plot(kind, r, kNarrow);
  std::string out = fmt::format("<figure id=\"{}-{}\">\n", name(kind), r.view.task.id) + wide.svg.element("wide") + narrow.svg.element("narrow");
  if (!wide.notes.empty()) {
    out += "<figcaption>";
    for (const std::string& note : wide.notes) out += markup(note) + " ";
    out += "</figcaption>\n";
  }
  return out + "</figure>\n";
}

std::string section(const TaskReport& r) {
  const TaskRecord& t = r.view.task;
  std::string out = fmt::format("<section id=\"task-{}\">\n<h2>{}</h2>\n", t.id, markup(t.spec.name));
  out += task_head(r);
  out += tiles(r);
  for (const PlotKind kind : all_plots()) {
    out += figure(kind, r);
    if (kind == PlotKind::Profit) out += profit_table(r);
    if (kind == PlotKind::Latency) out += latency_table(r);
    if (kind == PlotKind::Timeline) out += told_table(r);
  }
  out += tradable_table(r) + books_table(r);
  return out + "</section>\n";
}

}  // namespace

void ReportPage::add(const TaskReport& r) {
  ++tasks_;
  title_ = tasks_ == 1 ? "dn report: " + r.view.task.spec.name : fmt::format("dn report: {} tasks", tasks_);
  const std::string wanted = section(r);
  const bool fits = sections_.size() + rows_.size() + wanted.size() < kMostPageBytes;
  rows_ += overview_row(r, fits);
  if (fits) {
    sections_ += wanted;
  } else {
    left_out_.push_back(r.view.task.spec.name);
  }
}

std::string ReportPage::finish() const {
  std::string out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n";
  out += "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n";
  out += fmt::format("<title>{}</title>\n<style>\n{}{}</style>\n</head>\n<body>\n<main>\n", markup(title_), plot_style(), kPageStyle);
  out += fmt::format("<h1>dn report</h1>\n<p class=\"dim\">made {}; {} {}</p>\n", rfc3339(now_), tasks_, tasks_ == 1 ? "task" : "tasks");
  if (tasks_ == 0) out += "<p>There are no tasks yet: <code>dn-run FILE</code> makes one.</p>\n";
  if (tasks_ > 0) out += overview_table(rows_);
  if (!left_out_.empty()) {
    out += fmt::format(
        "<p class=\"warn\">To keep the page small, {} of {} tasks are in this table only; <code>dn-status report --task NAME</code> shows one.</p>\n",
        left_out_.size(), tasks_);
  }
  return out + sections_ + "</main>\n</body>\n</html>\n";
}

std::string plot_file(PlotKind kind, const TaskReport& r) {
  const Plot plot = draw_plot(kind, r, kWide);
  return plot.svg.file(plot.notes);
}

}  // namespace dn::app
