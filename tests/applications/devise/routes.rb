Rails.application.routes.draw do
  devise_for :users
  get "/private", to: "pages#show"
  root to: "pages#show"
end
