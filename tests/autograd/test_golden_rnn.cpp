#include <doctest/doctest.h>

#include <reel/autograd/ops/embedding.h>
#include <reel/autograd/ops/rnn.h>
#include <reel/autograd/ops/view.h>
#include <tests/golden_ops.h>

using namespace reel;
using namespace reel::testing;

namespace {

auto net(RnnCell cell) {
  return [cell](const In& v, const GoldenCase& c) {
    const Attributes& a = c.attributes;
    std::size_t next = 1;
    RnnState state;
    if (a.flag("state")) state.h = v[next++];
    if (a.flag("state") && cell == RnnCell::lstm) state.c = v[next++];
    const RnnOutput out = rnn(v[0], state, In(v.begin() + static_cast<std::ptrdiff_t>(next), v.end()),
                              {.cell = cell,
                               .num_layers = a.integer("num_layers"),
                               .bias = a.flag("bias"),
                               .batch_first = a.flag("batch_first"),
                               .bidirectional = a.flag("bidirectional")});
    In parts{reshape(out.output, {-1}), reshape(out.state.h, {-1})};
    if (cell == RnnCell::lstm) parts.push_back(reshape(out.state.c, {-1}));
    return concatenate(parts);
  };
}

const GoldenCalls calls{
    {"rnn_tanh", net(RnnCell::tanh)},
    {"rnn_relu", net(RnnCell::relu)},
    {"lstm", net(RnnCell::lstm)},
    {"gru", net(RnnCell::gru)},
    {"embedding",
     [](const In& v, const GoldenCase& c) {
       const std::string padding = c.attributes.word_or("padding_idx", "");
       return padding.empty() ? embedding(v[0].value(), v[1]) : embedding(v[0].value(), v[1], std::stoll(padding));
     }},
};

}  // namespace

TEST_CASE("recurrent nets and embeddings agree with PyTorch") { check_golden("ops_rnn", calls, 90); }
