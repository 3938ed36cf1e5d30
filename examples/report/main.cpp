// Makes a page of training logs: curves side by side, and, where there are weights, what the net gets wrong, its first
// filters and what its layers see. ./run report --help explains the options.

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <reel/core/error.h>

#include "../command_line.h"
#include "../models/digits.h"
#include "log.h"
#include "nets.h"
#include "page.h"

namespace {

using namespace reel;
using namespace report;

struct Options {
  std::vector<std::string> logs, weights;
  std::string data, cache_dir;
  std::string output = "report.html";
};

/// A net's weights, and what it is tested on.
struct Job {
  std::string weights;
  mnist::DigitSource source;
};

/// Those that the command line names, or else those that the logs name and that are there.
std::vector<Job> find_weights(const Options& options, const std::vector<Run>& runs) {
  std::vector<Job> jobs;
  for (const std::string& path : options.weights) jobs.push_back({path, {}});
  for (const Run& run : runs) {
    const std::string saved = run.setting("save");
    Job job{saved, {}};
    if (const std::string data = run.setting("data"); !data.empty()) job.source.data = data;
    job.source.test_data = run.setting("test_data");
    static_cast<void>(examples::read_number(run.setting("holdout"), job.source.holdout));
    if (!options.weights.empty()) {  // tested on what their runs were
      for (Job& known : jobs) {
        if (known.weights == saved || jobs.size() == 1) known.source = job.source;
      }
    } else if (!saved.empty() && std::filesystem::exists(saved)) {
      jobs.push_back(job);
    } else if (!saved.empty()) {
      std::cout << run.path << ": its weights, " << saved << ", are not there (yet); --weights names them elsewhere\n";
    }
  }
  for (Job& job : jobs) {
    if (!options.data.empty()) {
      job.source = {};
      job.source.data = options.data;
    }
    job.source.cache_dir = options.cache_dir;
  }
  return jobs;
}

void run(const Options& options) {
  std::vector<Run> runs;
  for (const std::string& path : options.logs) {
    runs.push_back(read_log(path));
    if (runs.back().is_cut_off) std::cout << path << ": its last line was cut off, and is left out\n";
  }
  std::vector<Net> nets;
  for (const Job& job : find_weights(options, runs)) {
    nets.push_back(look_into(job.weights, mnist::load_test_digits(job.source)));
    std::printf("%s: %s, %.2f %% of %lld images right\n", job.weights.c_str(), nets.back().kind.c_str(),
                100 * nets.back().confusion.accuracy(), static_cast<long long>(nets.back().images));
  }
  write_page(options.output, runs, nets);
  std::cout << "open it in a browser: " << options.output << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Makes a page for a browser of training logs: curves, and pictures of the trained nets.", "report");
  Options options;
  app.add_option("logs", options.logs, "Logs: JSON Lines, as mnist --log writes them, or comma-separated values")
      ->required();
  app.add_option("--weights", options.weights,
                 "Show nets of these weights, written by mnist --save (default: what the logs say was saved, where it "
                 "is there); may be given several times")
      ->allow_extra_args(false);
  app.add_option("--data", options.data,
                 "Test the nets on this: synthetic, mnist, fashion-mnist or a folder with IDX files (default: what the "
                 "log says, or synthetic)");
  app.add_option("--cache-dir", options.cache_dir,
                 "Where downloads are kept (default: $REEL_CACHE_DIR or ~/.cache/reel)");
  app.add_option("-o,--output", options.output, "Write the page here")->capture_default_str();
  return examples::run_program(app, argc, argv, [&] { run(options); });
}
