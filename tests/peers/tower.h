// The user tower for one thread: all tensors are made beforehand, one pair for each length of a history, over one piece of memory.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "ort.h"
#include "world.h"

class Tower {
public:
    Tower(const ort::Session& session, const World& world)
        : session_(session), ids_(std::max<size_t>(world.longest, 1)), mask_(ids_.size(), 1.0f), context_(world.context_inputs.size()), embedding_(world.dimension) {
        names_ = {world.history_input.c_str(), world.mask_input.c_str()};
        for (const std::string& name : world.context_inputs) names_.push_back(name.c_str());
        output_ = world.output.c_str();
        const int64_t one = 1;
        for (size_t length = 0; length <= ids_.size(); length++) {
            const int64_t shape[2] = {1, int64_t(length == 0 ? 1 : length)};
            ids_of_.push_back(session.tensor(ids_.data(), size_t(shape[1]) * sizeof(int64_t), shape, 2, ort::kInt64));
            mask_of_.push_back(session.tensor(length == 0 ? &nothing_ : mask_.data(), size_t(shape[1]) * sizeof(float), shape, 2, ort::kFloat));
        }
        inputs_.resize(names_.size());
        for (size_t c = 0; c < context_.size(); c++) inputs_[2 + c] = session.tensor(&context_[c], sizeof(int64_t), &one, 1, ort::kInt64);
        const int64_t shape[2] = {1, int64_t(world.dimension)};
        result_ = session.tensor(embedding_.data(), embedding_.size() * sizeof(float), shape, 2, ort::kFloat);
    }

    // The embedding of a user, in memory that the next call writes over.
    const float* embed(const User& user) {
        std::copy(user.history.begin(), user.history.end(), ids_.begin());
        if (user.history.empty()) ids_[0] = 0;
        std::copy(user.context.begin(), user.context.end(), context_.begin());
        inputs_[0] = ids_of_[user.history.size()];
        inputs_[1] = mask_of_[user.history.size()];
        session_.run(names_.data(), inputs_.data(), inputs_.size(), &output_, &result_);
        return embedding_.data();
    }

private:
    const ort::Session& session_;
    std::vector<int64_t> ids_;
    std::vector<float> mask_;
    std::vector<int64_t> context_;
    std::vector<float> embedding_;
    float nothing_ = 0;
    std::vector<const char*> names_;
    const char* output_;
    std::vector<void*> ids_of_, mask_of_;
    std::vector<const void*> inputs_;
    void* result_;
};
