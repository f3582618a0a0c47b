# Rails: parameters (body, query, path, JSON by its type), Basic.
require 'logger'
require 'action_controller/railtie'
require_relative 'readings'

class DifferentialRails < Rails::Application
  config.eager_load = false
  config.consider_all_requests_local = false
  config.secret_key_base = 'x' * 64
  config.logger = Logger.new(nil)
  config.hosts.clear
  config.action_dispatch.show_exceptions = true
end

class LoginsController < ActionController::API
  include ActionController::HttpAuthentication::Basic::ControllerMethods

  def login
    readings = Readings.gather(
      -> { Readings.read('params', params) },
      -> { Readings.read('query', request.query_parameters) },
      -> { Readings.read('body', request.request_parameters) },
      -> { Readings.read('json of any type', JSON.parse(request.raw_post)) },
      -> { authenticate_with_http_basic { |user, password| Readings.reading('basic', 'basic', user, password) } || [] }
    )
    render json: readings
  end
end

Rails.application.initialize!
Rails.application.routes.draw { match '/login', to: 'logins#login', via: :all }
run Rails.application
