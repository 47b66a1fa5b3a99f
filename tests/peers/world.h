// The files that `Benchmarks peer-data` writes: items, users with encoded features, and what the tower is called. Layouts are on PeerData.cs.
#pragma once
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

struct User {
    std::vector<int64_t> context;   // one number for each context input
    std::vector<int64_t> history;   // ids as the tower takes them
    std::vector<int32_t> seen;      // rows that are not shown again
};

struct World {
    std::string tower, history_input, mask_input, output, model_version, space;
    std::vector<std::string> context_inputs;
    size_t dimension = 0, longest = 0;
    std::vector<std::string> items;
    std::vector<float> vectors;
    std::vector<User> users;
    std::unordered_map<std::string, uint32_t> user_by_id;

    explicit World(const std::string& folder) {
        std::ifstream names(folder + "/tower.txt");
        std::string contexts, dimensions;
        for (std::string* line : {&tower, &history_input, &mask_input, &output, &contexts, &model_version, &space, &dimensions})
            if (!std::getline(names, *line)) throw std::runtime_error(folder + "/tower.txt is cut");
        dimension = std::stoul(dimensions);
        std::istringstream words(contexts);
        for (std::string word; words >> word;) context_inputs.push_back(word);

        std::ifstream ids(folder + "/items.txt");
        for (std::string id; std::getline(ids, id);) items.push_back(id);
        vectors.resize(items.size() * dimension);
        std::ifstream floats(folder + "/items.f32", std::ios::binary);
        if (!floats.read(reinterpret_cast<char*>(vectors.data()), vectors.size() * sizeof(float))) throw std::runtime_error(folder + "/items.f32 is cut");
        read_users(folder + "/users.bin");
    }

private:
    void read_users(const std::string& path) {
        std::ifstream file(path, std::ios::binary);
        auto number = [&](auto value) {
            if (!file.read(reinterpret_cast<char*>(&value), sizeof value)) throw std::runtime_error(path + " is cut");
            return value;
        };
        users.resize(number(int32_t()));
        if (size_t(number(int32_t())) != context_inputs.size()) throw std::runtime_error(path + " is of another tower");
        user_by_id.reserve(users.size());
        for (size_t i = 0; i < users.size(); i++) {
            std::string id(number(uint16_t()), ' ');
            file.read(id.data(), id.size());
            user_by_id.emplace(id, i);
            User& user = users[i];
            for (size_t c = 0; c < context_inputs.size(); c++) user.context.push_back(number(int64_t()));
            for (int32_t left = number(int32_t()); left > 0; left--) user.history.push_back(number(int32_t()));
            for (int32_t left = number(int32_t()); left > 0; left--) user.seen.push_back(number(int32_t()));
            longest = std::max(longest, user.history.size());
        }
    }
};
