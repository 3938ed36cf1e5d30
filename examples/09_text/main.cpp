// Learns to write, letter by letter, from a text: with an LSTM or a transformer. ./run text --help explains the
// options; docs/examples/09_text.md has runs of both.

#include <cmath>
#include <cstdio>
#include <iostream>
#include <numbers>
#include <reel/reel.h>

#include "../command_line.h"
#include "corpus.h"
#include "models.h"

namespace {

using namespace reel;

struct Options {
  std::string text = REEL_ASSETS "/opticks.txt";
  std::string model = "lstm";
  std::string save, load;
  std::string prompt = "The Light ";
  std::uint64_t steps = 1500, batch_size = 32, window = 128, length = 600, seed = 0;
  double lr = 2e-3, temperature = 0.7;
};

double bits(double nats) { return nats / std::numbers::ln2; }

/// The mean over all characters of the text, in bits.
double test_bits(nn::Module& model, const Tensor& text, std::int64_t window) {
  model.eval();
  const text::Windows all = text::all_windows(text, window);
  training::RunningMean mean;
  for (std::int64_t i = 0; i < all.input.size(0); i += 32) {
    const std::int64_t count = std::min<std::int64_t>(32, all.input.size(0) - i);
    const Variable logits = model(all.input.narrow(0, i, count));
    const double loss = cross_entropy(flatten(logits, 0, 1), all.target.narrow(0, i, count).flatten()).item();
    mean.add(bits(loss), static_cast<double>(count));
  }
  model.train();
  return mean.mean();
}

void train(nn::Module& model, const text::Corpus& corpus, const Options& o) {
  const auto steps = static_cast<std::int64_t>(o.steps), window = static_cast<std::int64_t>(o.window);
  optim::AdamW optimizer(model.parameters(), {.lr = o.lr, .weight_decay = 0.01});
  optim::OneCycleLR schedule(optimizer,
                             {.max_lr = o.lr, .total_steps = steps, .pct_start = 0.1, .cycle_momentum = false});
  Generator chance(o.seed + 1);
  training::RunningMean mean;
  const training::Stopwatch watch;
  for (std::int64_t step = 1; step <= steps; ++step) {
    const text::Windows batch =
        text::random_windows(corpus.train, static_cast<std::int64_t>(o.batch_size), window, chance);
    Tape tape;
    const Variable loss = cross_entropy(flatten(model(batch.input), 0, 1), batch.target.flatten());
    tape.backward(loss);
    optim::clip_grad_norm(model.parameters(), 1);
    optimizer.step();
    optimizer.zero_grad();
    schedule.step();
    mean.add(bits(loss.item()));
    if (step % std::max<std::int64_t>(1, steps / 6) != 0 && step != steps) continue;
    std::printf("step %5lld/%lld: %.3f bits a character in training, %.3f in the test, %.0f s\n",
                static_cast<long long>(step), static_cast<long long>(steps), mean.mean(),
                test_bits(model, corpus.test, window), watch.seconds());
    std::fflush(stdout);
    mean = {};
  }
}

/// Draws a class by its probability. logits: [V]. Of a temperature below 1 the likely ones are likelier; 0: the first.
std::int64_t draw(const Tensor& logits, double temperature, Generator& chance) {
  if (temperature == 0) return static_cast<std::int64_t>(argmax(logits, 0).item());
  const Tensor below = cumsum(softmax(logits / temperature, 0), 0);  // probability of this class or one before it
  const double place = uniform({1}, 0, 1, float64, chance).item();
  const auto shares = below.span<float>();
  std::size_t i = 0;
  while (i + 1 < shares.size() && shares[i] <= place) ++i;
  return static_cast<std::int64_t>(i);
}

/// What the net goes on with behind the prompt. It sees the last `window` characters at a time.
void write(nn::Module& model, const text::Vocabulary& vocabulary, const Options& o) {
  model.eval();
  Generator chance(o.seed + 2);
  const auto window = static_cast<std::size_t>(o.window);
  std::string written = o.prompt;
  for (std::uint64_t i = 0; i < o.length; ++i) {
    const Tensor seen =
        vocabulary.encode(std::string_view(written).substr(written.size() - std::min(written.size(), window)));
    const Tensor logits = model(seen.unsqueeze(0)).value();
    written += vocabulary.character(draw(logits[0][seen.numel() - 1], o.temperature, chance));
  }
  std::cout << "\n" << written << "\n";
}

void run(const Options& o) {
  const auto window = static_cast<std::int64_t>(o.window);
  require<ValueError>(!o.prompt.empty(), "text", "--prompt is empty; the net needs something to go on from");
  const text::Corpus corpus = text::load_corpus(o.text, window);
  (void)corpus.vocabulary.encode(o.prompt);  // before the work, not after it
  manual_seed(o.seed);
  const auto model = text::make_model(o.model, corpus.vocabulary.size(), window);
  const auto [singles, pairs] = text::counted_bits(corpus);
  std::printf("%s, %lld parameters; %lld characters to learn from, %lld to test on, %lld different ones\n",
              o.model.c_str(), static_cast<long long>(model->parameter_count()),
              static_cast<long long>(corpus.train.numel()), static_cast<long long>(corpus.test.numel()),
              static_cast<long long>(corpus.vocabulary.size()));
  std::printf("counting characters: %.3f bits a character; counting pairs of them: %.3f\n", singles, pairs);
  std::fflush(stdout);
  if (o.load.empty()) {
    train(*model, corpus, o);
  } else {
    model->load_state_dict(io::load_safetensors(o.load).tensors);
    std::printf("%s: %.3f bits a character in the test\n", o.load.c_str(), test_bits(*model, corpus.test, window));
  }
  if (!o.save.empty()) io::save_safetensors(o.save, model->state_dict(), {{"model", o.model}});
  write(*model, corpus.vocabulary, o);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Learns to write from a text, letter by letter.", "text");
  Options o;
  const auto number = [&](const char* name, std::uint64_t& value, const char* text, std::uint64_t least,
                          std::uint64_t most) {
    app.add_option(name, value, text)->capture_default_str()->transform(examples::whole(least, most));
  };
  app.add_option("--text", o.text, "The text to learn from (default: the first book of Newton's Opticks)");
  app.add_option("--model", o.model, "lstm or transformer")->capture_default_str();
  number("--steps", o.steps, "Steps of training", 1, examples::most_counted);
  number("--batch-size", o.batch_size, "Windows a step", 1, examples::most_counted);
  number("--window", o.window, "Characters that are looked at together", 2, 4096);
  app.add_option("--lr", o.lr, "The highest learning rate")->capture_default_str()->check(examples::from_zero());
  app.add_option("--load", o.load, "Weights to write with, in place of training; --model and --text as they were");
  app.add_option("--save", o.save, "Write the weights here (.safetensors)");
  app.add_option("--prompt", o.prompt, "What the net goes on from")->capture_default_str();
  number("--length", o.length, "Characters to write", 0, examples::most_counted);
  app.add_option("--temperature", o.temperature, "Below 1: likelier characters; 0: always the likeliest")
      ->capture_default_str()
      ->check(examples::from_zero());
  number("--seed", o.seed, "Of the weights, the windows and what is written", 0, examples::most_counted);
  return examples::run_program(app, argc, argv, [&] { run(o); });
}
